//! Somebody who asks the ops routes all the time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// What an ops route answered, and when.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) at: Instant,
    pub(crate) took: Duration,
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Asks until it is dropped.
pub(crate) struct Watch {
    looks: Arc<Mutex<Vec<Look>>>,
    task: JoinHandle<()>,
}

const PATHS: [&str; 5] = ["/live", "/ready", "/health", "/metrics", "/status"];

impl Watch {
    /// Asks every route again and again, each answer within `deadline`.
    pub(crate) fn start(addr: SocketAddr, components: &'static [&'static str], deadline: Duration) -> Self {
        let looks = Arc::default();
        let kept: Arc<Mutex<Vec<Look>>> = Arc::clone(&looks);
        let task = tokio::spawn(async move {
            let mut connection = RawConnection::open(addr).await.unwrap();
            for path in PATHS.iter().chain(components).cycle() {
                let at = Instant::now();
                let ask = format!("GET {path} HTTP/1.1\r\nhost: campotech.test\r\n\r\n");
                let answer = timeout(Duration::from_secs(10), async {
                    connection.send(&ask).await?;
                    connection.receive().await
                });
                let answer = answer.await.unwrap_or_else(|_| panic!("{path} does not answer")).unwrap();
                let (took, status) = (at.elapsed(), answer.status.as_u16());
                assert!(took <= deadline, "{path} took {took:?}");
                let body = if *path == "/metrics" { String::new() } else { answer.text() };
                kept.lock().unwrap().push(Look { at, took, path, status, body });
                sleep(Duration::from_millis(20)).await;
            }
        });
        Self { looks, task }
    }

    /// The first answer of `path` after `since` that fits; how long after `since` it was asked for.
    pub(crate) async fn first(
        &self,
        since: Instant,
        within: Duration,
        path: &str,
        fits: impl Fn(&Look) -> bool,
    ) -> Duration {
        loop {
            assert!(!self.task.is_finished(), "an ops route did not answer in time");
            let found = self
                .looks
                .lock()
                .unwrap()
                .iter()
                .find(|look| look.at >= since && look.path == path && fits(look))
                .map(|look| look.at.duration_since(since));
            if let Some(after) = found {
                assert!(after <= within, "{path} only after {after:?}");
                return after;
            }
            let last = self.looks.lock().unwrap().iter().rev().find(|look| look.path == path).cloned();
            assert!(since.elapsed() <= within + Duration::from_secs(1), "{path} is still {last:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// All answers of `path` since then.
    pub(crate) fn since(&self, since: Instant, path: &str) -> Vec<Look> {
        let looks = self.looks.lock().unwrap();
        looks.iter().filter(|look| look.at >= since && look.path == path).cloned().collect()
    }

    /// How many were asked, and the longest that one took.
    pub(crate) fn summary(&self) -> (usize, Duration) {
        assert!(!self.task.is_finished(), "an ops route did not answer in time");
        let looks = self.looks.lock().unwrap();
        (looks.len(), looks.iter().map(|look| look.took).max().unwrap_or_default())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
