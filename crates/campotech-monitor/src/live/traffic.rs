//! Users of the server while it is watched.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use campotech_testkit::RawConnection;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::run::LiveError;
use super::site::Site;

/// A run is over before that, also one that is kept for a person.
const LONGEST: &str = "3600";

/// Requests that realistic users don't send: paths that nobody serves, input that is refused, clients that hang up.
const ODD: [&str; 6] = [
    "GET /nothing/here HTTP/1.1",
    "GET /api/v1/jobs HTTP/1.1",
    "GET /api/v1/jobs?limit=0 HTTP/1.1",
    "GET /api/v1/jobs/..%2f..%2fetc/passwd HTTP/1.1",
    "GET /health HTTP/1.1",
    "DELETE /api/v1/customers HTTP/1.1",
];

/// The demonstration of the server, and some that it leaves out.
#[derive(Debug)]
pub(super) struct Traffic {
    demo: Child,
    odd: JoinHandle<()>,
}

impl Traffic {
    /// Starts it; it goes on until [`stop`](Self::stop).
    pub(super) fn start(program: &Path, site: &Site) -> Result<Self, LiveError> {
        let demo = Command::new(program)
            .args(["demo", "--seconds", LONGEST, "--url", &site.server.url()])
            .env("CAMPOTECH_DATA_DIR", site.server.dir().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(LiveError::of("the demonstration"))?;
        Ok(Self { demo, odd: tokio::spawn(all_odd(site.server.addr())) })
    }

    /// Whether it still goes on: without traffic every empty panel would look like the panel's fault.
    pub(super) fn goes_on(&mut self) -> Result<(), LiveError> {
        match self.demo.try_wait() {
            Ok(None) => Ok(()),
            ended => Err(LiveError::new(format!("the demonstration ended early: {ended:?}"))),
        }
    }

    pub(super) fn stop(&mut self) {
        self.odd.abort();
        let _ = self.demo.kill();
        let _ = self.demo.wait();
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn all_odd(addr: SocketAddr) {
    tokio::join!(odd(addr), mute(addr));
}

/// A client that connects and says nothing, until the server closes; again and again.
async fn mute(addr: SocketAddr) {
    loop {
        if let Ok(mut connection) = RawConnection::open_from([127, 0, 0, 92].into(), addr).await {
            let _ = timeout(Duration::from_secs(60), connection.receive()).await;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn odd(addr: SocketAddr) {
    loop {
        for line in ODD {
            let _ = timeout(Duration::from_secs(15), ask(addr, line, true)).await;
            sleep(Duration::from_millis(250)).await;
        }
        // A client that has no patience.
        let _ = timeout(Duration::from_secs(15), ask(addr, "GET /api/openapi.json HTTP/1.1", false)).await;
        let wrong =
            "POST /api/v1/auth/register HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 2";
        let _ = timeout(Duration::from_secs(15), post(addr, wrong, "{}")).await;
        sleep(Duration::from_millis(500)).await;
    }
}

async fn ask(addr: SocketAddr, line: &str, patient: bool) -> std::io::Result<()> {
    let mut connection = RawConnection::open_from([127, 0, 0, 90].into(), addr).await?;
    connection.send(format!("{line}\r\nhost: campo.example\r\nconnection: close\r\n\r\n")).await?;
    if patient {
        connection.receive().await?;
    }
    Ok(())
}

async fn post(addr: SocketAddr, head: &str, body: &str) -> std::io::Result<()> {
    // Few enough for the quota of the tier.
    let mut connection = RawConnection::open_from([127, 0, 0, 91].into(), addr).await?;
    connection.send(format!("{head}\r\nhost: campo.example\r\nconnection: close\r\n\r\n{body}")).await?;
    connection.receive().await?;
    Ok(())
}
