//! A running private PostgreSQL.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use super::builder::{PostgresBuilder, conf, hba};
use super::template::Programs;
use super::{ROLE, SUPERUSER};
use crate::certificate::Certificate;
use crate::process::{Account, Port, Server, StartError};

/// A PostgreSQL on a port of 127.0.0.1 that ends, with its directory, when this is dropped or the test ends.
///
/// Applications use the role `campotech`, which owns the database of the same name and is no superuser.
pub struct Postgres {
    pub(super) server: Server,
    pub(super) port: Port,
    pub(super) programs: Programs,
    pub(super) settings: Vec<(String, String)>,
    pub(super) tls: Option<Certificate>,
    pub(super) password: String,
    pub(super) superuser_password: String,
    pub(super) started_in: Duration,
}

impl Postgres {
    /// Starts one with the defaults.
    ///
    /// # Panics
    /// As [`PostgresBuilder::start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// One with settings.
    pub fn builder() -> PostgresBuilder {
        PostgresBuilder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// How an application connects, its password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_via(self.addr())
    }

    /// The same through a proxy at `addr`.
    #[must_use]
    pub fn url_via(&self, addr: SocketAddr) -> String {
        let mode = if self.tls.is_some() { "?sslmode=require" } else { "" };
        format!("postgres://{ROLE}:{}@{addr}/{ROLE}{mode}", self.password)
    }

    /// How a superuser connects to the application's database, its password included, for `psql` for example.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("postgres://{SUPERUSER}:{}@{}/{ROLE}", self.superuser_password, self.addr())
    }

    /// The certificate of the authority that signed the server's.
    ///
    /// # Panics
    /// Without [`PostgresBuilder::tls`].
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.tls.as_ref().expect("started without tls()").ca_pem
    }

    /// A superuser's connection to the application's database, without TLS, driven by a task of its own.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn admin(&self) -> Client {
        self.try_admin().await.unwrap_or_else(|why| panic!("{why:?}; its log:\n{}", self.log()))
    }

    async fn try_admin(&self) -> Result<Client, tokio_postgres::Error> {
        let mut config = Config::new();
        config.host(self.addr().ip().to_string()).port(self.port.number()).ssl_mode(SslMode::Disable);
        config.user(SUPERUSER).password(&self.superuser_password).dbname(ROLE);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Stops the server and all its sessions where they are (`SIGSTOP`): it is there and answers nothing.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn freeze(&self) {
        self.server.freeze();
    }

    /// Lets a frozen one go on.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn thaw(&self) {
        self.server.thaw();
    }

    /// Ends the server and all its sessions at once (`SIGKILL`); its data stays.
    pub async fn kill(&self) {
        self.server.kill();
    }

    /// Ends it as an administrator does who doesn't wait for sessions (fast shutdown); its data stays.
    ///
    /// # Panics
    /// When it doesn't end within a minute.
    pub async fn stop(&self) {
        self.server.stop(Signal::INT).await;
    }

    /// Stops it when it runs, and starts it on the same port with the same data.
    ///
    /// # Panics
    /// With the server's log when it doesn't start.
    pub async fn restart(&self) {
        self.stop().await;
        self.launch().await.unwrap_or_else(|why| why.fail(self.addr()));
    }

    /// A hot standby of it, read-only, on a port of its own.
    ///
    /// # Panics
    /// With the server's log when it doesn't start.
    pub async fn standby(&self) -> Self {
        let began = Instant::now();
        let server = Server::new(Account::ordinary());
        let mut standby = Self {
            server,
            port: Port::take(),
            programs: self.programs.clone(),
            settings: self.settings.clone(),
            tls: self.tls.clone(),
            password: self.password.clone(),
            superuser_password: self.superuser_password.clone(),
            started_in: Duration::ZERO,
        };
        // A file, for a list of processes shows arguments, and the standby keeps asking for it.
        let passfile = standby.server.write("pgpass", &format!("*:*:*:*:{}\n", self.superuser_password));
        let source = format!(
            "host=127.0.0.1 port={} user={SUPERUSER} passfile={} sslmode=disable application_name=standby",
            self.port.number(),
            passfile.display(),
        );
        let backup = self.programs.path("pg_basebackup");
        let how = ["--pgdata=data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
        let words = [&[backup.as_str()], &how[..], &["--dbname", &source]].concat();
        standby.server.run(&words, None).await.unwrap_or_else(|why| panic!("{why}"));
        standby.start_anywhere().await;
        standby.started_in = began.elapsed();
        standby
    }

    /// Whether it runs and isn't frozen.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.server.is_up()
    }

    /// From the call that started it until it answered.
    #[must_use]
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// What the server wrote since it was first started.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Starts it on another port when somebody took the one it has.
    pub(super) async fn start_anywhere(&mut self) {
        loop {
            match self.launch().await {
                Ok(()) => return,
                Err(StartError::AddressInUse) => self.port = Port::take(),
                Err(StartError::Failed(why)) => panic!("{why}"),
            }
        }
    }

    async fn launch(&self) -> Result<(), StartError> {
        self.server.write("data/postgresql.conf", &conf(self));
        self.server.write("data/pg_hba.conf", &hba(self));
        if let Some(tls) = &self.tls {
            self.server.write("data/server.crt", &tls.cert_pem);
            self.server.write("data/server.key", &tls.key_pem);
        }
        let status = self.server.dir().join("data/postmaster.pid");
        let postgres = self.programs.path("postgres");
        // What `pg_ctl --wait` looks at: the first line is the process, the eighth its state.
        let ready = |pid: u32| {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let mut lines = text.lines().map(str::trim);
            let own = lines.next() == Some(&pid.to_string());
            std::future::ready(own && lines.nth(6) == Some("ready"))
        };
        self.server.start(&[&postgres, "-D", "data"], ready).await
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("addr", &self.addr()).finish_non_exhaustive()
    }
}
