//! A running server program.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::timeout;

use super::DaemonBuilder;
use crate::RawConnection;
use crate::process::{Port, Server, StartError};

/// A server on ports of 127.0.0.1 that ends, with its directory, when this is dropped or the test ends.
pub struct Daemon {
    pub(super) server: Server,
    pub(super) ports: Vec<Port>,
    pub(super) settings: DaemonBuilder,
}

impl Daemon {
    /// Where its first port is.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.ports[0].addr()
    }

    /// Where its ports are.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.ports.iter().map(Port::addr)
    }

    /// `http://` and where its first port is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Its own directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.server.dir()
    }

    /// Stops it where it is (`SIGSTOP`): it is there and answers nothing.
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

    /// Ends it at once (`SIGKILL`); its directory stays.
    pub fn kill(&self) {
        self.server.kill();
    }

    /// Ends it as an administrator does (`SIGTERM`).
    ///
    /// # Panics
    /// When it doesn't end within a minute.
    pub async fn stop(&self) {
        self.server.stop(Signal::TERM).await;
    }

    /// Stops it when it runs, and starts it on the same ports in the same directory.
    ///
    /// # Panics
    /// With its log when it doesn't start.
    pub async fn restart(&self) {
        self.stop().await;
        self.launch().await.unwrap_or_else(|why| why.fail(self.addr()));
    }

    /// Whether it runs and isn't frozen.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.server.is_up()
    }

    /// What it wrote since it was first started.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Starts it on other ports when somebody took those it has.
    pub(super) async fn start_anywhere(&mut self) {
        loop {
            self.ports = self.settings.take_ports();
            match self.launch().await {
                Ok(()) => return,
                Err(StartError::AddressInUse) => {}
                Err(StartError::Failed(why)) => panic!("{why}"),
            }
        }
    }

    async fn launch(&self) -> Result<(), StartError> {
        let (words, envs) = self.settings.words(&self.ports, self.server.dir());
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let (port, path) = self.settings.ready();
        let addr = self.ports[port].addr();
        let ready = |_| async move {
            let asked = timeout(Duration::from_secs(1), answers(addr, path)).await;
            matches!(asked, Ok(Ok(200)))
        };
        self.server.start_with(&words, &envs, ready).await
    }
}

async fn answers(addr: SocketAddr, path: &str) -> std::io::Result<u16> {
    let mut connection = RawConnection::open(addr).await?;
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n")).await?;
    Ok(connection.head().await?.0.as_u16())
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<_> = self.addrs().collect();
        f.debug_struct("Daemon").field("addrs", &ports).finish_non_exhaustive()
    }
}
