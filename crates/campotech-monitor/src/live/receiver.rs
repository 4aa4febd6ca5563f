//! A receiver of notifications: what PagerDuty, Slack and a webhook would be sent.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

/// Listens on a free port of the loopback interface, and keeps everything.
#[derive(Debug)]
pub struct Receiver {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// One notification.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// When it came.
    pub at: Instant,
    /// Which way: `pagerduty`, `slack` or `webhook`.
    pub way: String,
    /// The `Authorization` that came with it.
    pub authorization: Option<String>,
    /// What it said.
    pub body: Value,
}

#[derive(Debug, Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    news: Notify,
}

impl Receiver {
    /// Starts one.
    ///
    /// # Errors
    /// If it can't listen.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let router = Router::new()
            .route("/{way}", post(deliver))
            .route("/{way}/{*rest}", post(deliver))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { addr, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Everything that came so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first delivery after `since` that `fits`, waited for until `limit`.
    pub async fn wait(
        &self,
        since: Instant,
        limit: Duration,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Option<Delivery> {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            let news = self.shared.news.notified();
            let found = self.deliveries().into_iter().find(|one| one.at >= since && fits(one));
            if found.is_some() || timeout_at(deadline, news).await.is_err() {
                return found;
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Delivery {
    /// Whether it tells of `alert`, in whatever shape its way has.
    #[must_use]
    pub fn tells(&self, alert: &str) -> bool {
        self.body.to_string().contains(alert)
    }

    /// Whether it tells that something is over.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        match self.way.as_str() {
            "pagerduty" => self.body["event_action"] == "resolve",
            "slack" => self.body.to_string().contains("RESOLVED"),
            _ => self.body["status"] == "resolved",
        }
    }
}

async fn deliver(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<Vec<(String, String)>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Json<Value> {
    let way = path.into_iter().next().map(|(_, way)| way).unwrap_or_default();
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let delivery = Delivery { at: Instant::now(), way, authorization, body };
    shared.deliveries.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
    shared.news.notify_waiters();
    // What PagerDuty answers; the others look at the status only.
    Json(json!({"status": "success", "message": "Event processed", "dedup_key": "local"}))
}
