//! A running private Redis.

use std::fmt;
use std::fmt::Write;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncBufRead, AsyncWrite, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::builder::{RedisBuilder, Role, conf};
use super::resp::{Reply, call};
use crate::certificate::Certificate;
use crate::process::{Port, Server, StartError};

/// A Redis on a port of 127.0.0.1 that ends, with its directory, when this is dropped or the test ends.
pub struct Redis {
    pub(super) server: Server,
    pub(super) port: Port,
    /// Where nodes of a cluster talk to each other.
    pub(super) bus: Option<Port>,
    pub(super) program: String,
    pub(super) role: Role,
    pub(super) settings: Vec<(String, String)>,
    pub(super) password: Option<String>,
    pub(super) tls: Option<Certificate>,
    pub(super) started_in: Duration,
}

impl Redis {
    /// Starts one with the defaults.
    ///
    /// # Panics
    /// As [`RedisBuilder::start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// One with settings.
    pub fn builder() -> RedisBuilder {
        RedisBuilder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// How a client connects, its password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_via(self.addr())
    }

    /// The same through a proxy at `addr`.
    #[must_use]
    pub fn url_via(&self, addr: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        let user = self.password.as_deref().map(|password| format!(":{}@", percent(password)));
        format!("{scheme}://{}{addr}", user.unwrap_or_default())
    }

    /// The certificate of the authority that signed the server's.
    ///
    /// # Panics
    /// Without [`RedisBuilder::tls`].
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.tls.as_ref().expect("started without tls()").ca_pem
    }

    /// Sends a command over a connection of its own. The answer as text: an error without its mark (`OOM command ...`),
    /// nothing as `(nil)`, the elements of an array a line each. It waits as long as the server takes.
    ///
    /// # Panics
    /// When the connection can't be made or breaks.
    pub async fn command(&self, words: &[&str]) -> String {
        self.try_command(words)
            .await
            .unwrap_or_else(|why| panic!("{}: {why}; its log:\n{}", words[0], self.log()))
    }

    /// [`command`](Self::command) of a server that may be away.
    ///
    /// # Errors
    /// When the connection can't be made or breaks.
    pub async fn try_command(&self, words: &[&str]) -> io::Result<String> {
        let stream = TcpStream::connect(self.addr()).await?;
        match &self.tls {
            None => self.talk(BufStream::new(stream), words).await,
            Some(tls) => {
                let connector = TlsConnector::from(Arc::new(trusting(tls)));
                let stream = connector.connect(Ipv4Addr::LOCALHOST.into(), stream).await?;
                self.talk(BufStream::new(stream), words).await
            }
        }
    }

    async fn talk<S>(&self, mut stream: S, words: &[&str]) -> io::Result<String>
    where
        S: AsyncBufRead + AsyncWrite + Unpin,
    {
        if let Some(password) = &self.password
            && let Reply::Error(why) = call(&mut stream, &["AUTH", password]).await?
        {
            return Ok(why);
        }
        Ok(call(&mut stream, words).await?.to_string())
    }

    /// Stops the server where it is (`SIGSTOP`): it is there and answers nothing.
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

    /// Ends it at once (`SIGKILL`); its data stays.
    pub async fn kill(&self) {
        self.server.kill();
    }

    /// Ends it as an administrator does (`SIGTERM`); its data stays.
    ///
    /// # Panics
    /// When it doesn't end within a minute.
    pub async fn stop(&self) {
        self.server.stop(Signal::TERM).await;
    }

    /// Stops it when it runs, and starts it on the same port with the same data.
    ///
    /// # Panics
    /// With the server's log when it doesn't start.
    pub async fn restart(&self) {
        self.stop().await;
        self.launch().await.unwrap_or_else(|why| why.fail(self.addr()));
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
        self.server.write("redis.conf", &conf(self));
        loop {
            match self.launch().await {
                Ok(()) => return,
                Err(StartError::AddressInUse) => {
                    self.port = Port::take();
                    self.bus = self.bus.as_ref().map(|_| Port::take());
                    self.server.write("redis.conf", &conf(self));
                }
                Err(StartError::Failed(why)) => panic!("{why}"),
            }
        }
    }

    async fn launch(&self) -> Result<(), StartError> {
        // An answer of somebody else's server on that port must not count.
        let ready = |pid: u32| async move {
            let own = format!("process_id:{pid}\r\n");
            let asked = timeout(Duration::from_secs(1), self.try_command(&["INFO", "server"])).await;
            let is_own = matches!(asked, Ok(Ok(text)) if text.contains(&own));
            is_own && self.try_command(&["PING"]).await.is_ok_and(|answer| answer == "PONG")
        };
        let mut words = vec![self.program.as_str(), "redis.conf"];
        if self.role == Role::Sentinel {
            words.push("--sentinel");
        }
        self.server.start(&words, ready).await
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("addr", &self.addr()).finish_non_exhaustive()
    }
}

fn trusting(certificate: &Certificate) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.ca_pem.as_bytes()).unwrap()).unwrap();
    // Named, for there is no default where other crates bring another one.
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// A password as a URL carries it.
fn percent(word: &str) -> String {
    word.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
