//! Sentry's own receiver for developers, as a process.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::process::{DEADLINE, POLL, Port};
use crate::raw::RawConnection;

/// The receiver without its command line, which reports about itself to its makers. It ends with the test: then its
/// standard input ends.
const SCRIPT: &str = r#"
const { setupSpotlight } = await import(process.argv[1]);
process.stdin.resume().on("end", () => process.exit(0));
await setupSpotlight({ port: Number(process.argv[2]), isStandalone: true });
"#;

/// How long nothing comes before all that there is has come.
const QUIET: Duration = Duration::from_millis(300);

/// A `@spotlightjs/spotlight` on a port of 127.0.0.1 that ends when this is dropped or the test ends.
#[derive(Debug)]
pub struct Spotlight {
    child: Child,
    port: Port,
}

impl Spotlight {
    /// Starts one.
    ///
    /// # Panics
    /// When node or the package is not there: `cargo xtask test` installs both.
    pub async fn start() -> Self {
        let main = tools().join("npm/node_modules/@spotlightjs/spotlight/dist/server/main.js");
        assert!(main.is_file(), "{} is not installed: cargo xtask test", main.display());
        let port = Port::take();
        let child = Command::new("node")
            .args(["--input-type=module", "--eval", SCRIPT, "--"])
            .arg(&main)
            .arg(port.number().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|why| panic!("node is not installed: apt-get install nodejs: {why}"));
        let spotlight = Self { child, port };
        let until = Instant::now() + DEADLINE;
        while TcpStream::connect(spotlight.port.addr()).await.is_err() {
            assert!(Instant::now() < until, "Spotlight was not ready within {DEADLINE:?}");
            sleep(POLL).await;
        }
        spotlight
    }

    /// Where events are sent.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://key@{}/1", self.port.addr())
    }

    /// The raw envelopes that have arrived, in their order.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn envelopes(&self) -> Vec<String> {
        let mut stream = TcpStream::connect(self.port.addr()).await.unwrap();
        stream.write_all(b"GET /stream HTTP/1.1\r\nhost: spotlight\r\n\r\n").await.unwrap();
        let mut told = Vec::new();
        while let Ok(Ok(1..)) = timeout(QUIET, stream.read_buf(&mut told)).await {}
        let mut seen = HashSet::new();
        let mut envelopes = Vec::new();
        for line in String::from_utf8_lossy(&told).lines() {
            let Some(id) = line.strip_prefix("id: ").map(str::trim) else { continue };
            if seen.insert(id.to_owned()) {
                let mut connection = RawConnection::open(self.port.addr()).await.unwrap();
                connection
                    .send(format!("GET /envelope/{id} HTTP/1.1\r\nhost: spotlight\r\n\r\n"))
                    .await
                    .unwrap();
                envelopes.push(connection.receive().await.unwrap().text());
            }
        }
        envelopes
    }

    /// [`envelopes`](Self::envelopes) as soon as they are `enough`.
    ///
    /// # Panics
    /// When they are not in time.
    pub async fn wait_for(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let until = Instant::now() + DEADLINE;
        loop {
            let envelopes = self.envelopes().await;
            if enough(&envelopes) {
                return envelopes;
            }
            assert!(Instant::now() < until, "not in time; there are: {envelopes:#?}");
            sleep(QUIET).await;
        }
    }
}

impl Drop for Spotlight {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `cargo xtask test` puts what the tests need.
#[must_use]
pub fn tools() -> PathBuf {
    let named = std::env::var_os("CAMPOTECH_TOOLS").map(PathBuf::from);
    let built = std::env::var_os("CARGO_TARGET_DIR").map(|target| PathBuf::from(target).join("tools"));
    let usual = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools"));
    named.or(built).unwrap_or_else(usual)
}
