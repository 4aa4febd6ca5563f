//! Requests that no layer sees.

use std::time::Duration;

use http::{Method, StatusCode};

use super::Requests;
use super::families::RouteEntry;
use super::method::KnownMethod;
use super::series::{Completed, Figures};

/// Counts requests of one method and path that no layer sees, as of a protocol of one's own; from
/// [`Metrics::recorder`](crate::Metrics::recorder).
///
/// ```
/// use campotech_metrics::Metrics;
/// use http::{Method, StatusCode};
/// use std::time::Duration;
///
/// let metrics = Metrics::builder("billing", "1.2.3").build()?;
/// let recorder = metrics.recorder(&Method::POST, "/invoices/{id}");
/// recorder.record(StatusCode::CREATED, Duration::from_millis(3), 120);
/// let text = metrics.render_text();
/// assert!(text.contains("http_requests_total{method=\"POST\",path=\"/invoices/{id}\",status=\"201\"} 1\n"));
/// # Ok::<(), campotech_metrics::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RequestRecorder {
    requests: &'static Requests,
    entry: &'static RouteEntry,
}

impl RequestRecorder {
    pub(crate) fn new(requests: &'static Requests, method: &Method, path: &str) -> Self {
        Self { requests, entry: requests.route(KnownMethod::of(method), Some(path)) }
    }

    /// Counts one request that was answered to its end, with this many bytes.
    pub fn record(&self, status: StatusCode, took: Duration, sent: u64) {
        let figures = Some(Figures { took, sent, size: None, sampled: None });
        self.requests.whole(self.entry, Completed { status: status.as_u16(), figures });
    }
}
