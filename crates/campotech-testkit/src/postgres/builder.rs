//! What a private PostgreSQL is started with.

use std::time::Instant;

use super::template::{Programs, unpack};
use super::{Postgres, ROLE};
use crate::certificate::Certificate;
use crate::process::{Account, Port, Server, secret};

/// Who may come in, and how. The first line that fits decides.
const HBA: &str = "\
    host all all 127.0.0.1/32 scram-sha-256\n\
    host replication postgres 127.0.0.1/32 scram-sha-256\n";

/// The application's role comes by TLS or not at all.
const HBA_TLS: &str = "\
    hostssl all campotech 127.0.0.1/32 scram-sha-256\n\
    host all campotech 127.0.0.1/32 reject\n";

/// What differs from PostgreSQL's own defaults.
///
/// `fsync = off` loses nothing that was acknowledged when the processes are killed: the kernel has the bytes and keeps
/// them. Only a crash of the machine would lose them. Shared memory lies in files, which go with the directory.
const SETTINGS: &[(&str, &str)] = &[
    ("dynamic_shared_memory_type", "mmap"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("jit", "off"),
    ("listen_addresses", "127.0.0.1"),
    ("log_timezone", "UTC"),
    ("shared_buffers", "16MB"),
    ("timezone", "UTC"),
    ("unix_socket_directories", ""),
];

/// Settings of a [`Postgres`] that is about to start.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PostgresBuilder {
    settings: Vec<(String, String)>,
    tls: bool,
}

impl PostgresBuilder {
    /// Sets a parameter of `postgresql.conf`, such as `max_connections`; the last value counts.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// With a certificate for 127.0.0.1 and localhost; the application's role can't connect without TLS then.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// With the server's log when it doesn't start, with the Debian package when it isn't installed.
    pub async fn start(self) -> Postgres {
        let began = Instant::now();
        let programs = Programs::find();
        let server = Server::new(Account::ordinary());
        unpack(&programs, &server).await;
        let superuser_password = std::fs::read_to_string(server.dir().join("password")).unwrap();
        let tls = self.tls.then(Certificate::new);
        let port = Port::take();
        let mut postgres = Postgres {
            server,
            port,
            programs,
            settings: self.settings,
            tls,
            password: secret(),
            superuser_password,
            started_in: began.elapsed(),
        };
        postgres.start_anywhere().await;
        let password = &postgres.password;
        let set = format!("ALTER ROLE {ROLE} PASSWORD '{password}'");
        postgres.admin().await.batch_execute(&set).await.unwrap();
        postgres.started_in = began.elapsed();
        postgres
    }
}

/// The text of `postgresql.conf`.
pub(super) fn conf(postgres: &Postgres) -> String {
    let port = postgres.port.number().to_string();
    let own = SETTINGS.iter().copied().chain([("port", port.as_str())]);
    let tls = [("ssl", "on"), ("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")];
    let tls = tls.into_iter().filter(|_| postgres.tls.is_some());
    let given = postgres.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    own.chain(tls)
        .chain(given)
        .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
        .collect()
}

/// The text of `pg_hba.conf`.
pub(super) fn hba(postgres: &Postgres) -> String {
    if postgres.tls.is_some() { format!("{HBA_TLS}{HBA}") } else { HBA.to_owned() }
}
