//! The limits of a server, as one value that every connection shares.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Decision, Mode, NoObserver, Observer};
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;

use crate::ServeStats;
use crate::connection::StreamExecutor;
use crate::networks::Networks;
use crate::proxy::ProxyProtocol;
use crate::stats::Finding;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// Longer times would not fit into the clocks of every system.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Who is in the decisions that are reported.
const GUARD: &str = "connections";

// Both are the library's to enforce, in any mode.
/// Streams that a client has reset before the service has seen them (CVE-2023-44487); one more ends the connection.
const RESET_UNSEEN: usize = 20;
/// Streams that a client has made us reset (CVE-2025-8671), or four times as many as it may have open; one more ends the
/// connection. The count never goes down, and takes streams over the most and late data of good clients in: it is a last
/// bound, and the budget of frames is the one for the rate.
const RESET_BY_US: usize = 1_024;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) first_request: Duration,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) body_stall: Duration,
    pub(crate) write_stall: Duration,
    pub(crate) fresh_grace: Duration,
    pub(crate) linger: Duration,
    pub(crate) drain_deadline: Duration,
    pub(crate) max_age: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_per_network: usize,
    pub(crate) uncounted: Networks,
    pub(crate) reserve: usize,
    pub(crate) kept_paths: Vec<Box<str>>,
    pub(crate) max_header_bytes: usize,
    pub(crate) max_header_list: u32,
    pub(crate) max_streams: u32,
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
    pub(crate) proxy: Option<ProxyProtocol>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    pub(crate) mode: Mode,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body_stall: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            fresh_grace: Duration::from_secs(1),
            linger: Duration::from_secs(2),
            drain_deadline: Duration::from_secs(25),
            max_age: Duration::from_secs(60 * 60),
            max_connections: 10_000,
            max_per_network: 1_000,
            uncounted: Networks::none(),
            reserve: 64,
            kept_paths: Vec::new(),
            max_header_bytes: 64 * 1024,
            max_header_list: 16 * 1024,
            max_streams: 100,
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            proxy: None,
            #[cfg(feature = "tls")]
            tls: None,
            mode: Mode::Enforce,
            observer: Arc::new(NoObserver),
        }
    }
}

impl Settings {
    /// The same, for a connection of the reserve: it is there to be answered and to go.
    pub(crate) fn of_the_reserve(&self) -> Self {
        let short = Duration::from_secs(1);
        let mut settings = self.clone();
        for time in [&mut settings.first_request, &mut settings.head, &mut settings.idle] {
            *time = short.min(*time);
        }
        settings
    }

    /// Counts a finding, and reports it.
    pub(crate) fn found(&self, stats: &ServeStats, finding: Finding) {
        self.found_as(stats, finding, Mode::Enforce);
    }

    /// As [`found`](Self::found), for a guard that may only report; whether it acts.
    pub(crate) fn enforces(&self, stats: &ServeStats, finding: Finding) -> bool {
        self.found_as(stats, finding, self.mode);
        self.mode.enforces()
    }

    fn found_as(&self, stats: &ServeStats, finding: Finding, mode: Mode) {
        stats.counters().found(finding);
        if let Some(reason) = finding.reason() {
            self.observer.decision(Decision::found(GUARD, mode, reason));
        }
    }

    /// Whether a path is answered by the service even where the server is full.
    pub(crate) fn keeps(&self, path: &str) -> bool {
        self.kept_paths.iter().any(|kept| match kept.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == &**kept,
        })
    }

    /// Whether the listener itself speaks TLS.
    #[cfg(feature = "tls")]
    pub(crate) const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the listener itself speaks TLS.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) const fn is_tls(&self) -> bool {
        false
    }

    fn reset_by_us(&self) -> usize {
        usize::try_from(self.max_streams)
            .map_or(RESET_BY_US, |streams| RESET_BY_US.max(streams.saturating_mul(4)))
    }

    pub(crate) fn protocol(&self, executor: StreamExecutor) -> Builder<StreamExecutor> {
        let mut builder = Builder::new(executor);
        builder
            .http1()
            .timer(TokioTimer::new())
            // hyper's own timer also runs while a connection idles and so can't tell a slow head from a quiet client;
            // the connection's clock does both. Off, so that nobody takes it for the guard.
            .header_read_timeout(None)
            .max_buf_size(self.max_header_bytes);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(self.ping_interval)
            .keep_alive_timeout(self.ping_timeout)
            .max_concurrent_streams(self.max_streams)
            .max_pending_accept_reset_streams(RESET_UNSEEN)
            .max_local_error_reset_streams(self.reset_by_us())
            .max_header_list_size(self.max_header_list)
            .max_send_buf_size(64 * 1024);
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_streams_make_room_for_more_that_are_reset_by_us() {
        let of = |max_streams| Settings { max_streams, ..Settings::default() }.reset_by_us();
        assert_eq!((of(1), of(100), of(1_000)), (1_024, 1_024, 4_000));
    }

    #[test]
    fn kept_paths_are_whole_or_begin_so() {
        let settings =
            Settings { kept_paths: vec!["/live".into(), "/health/*".into()], ..Settings::default() };
        for (path, kept) in [
            ("/live", true),
            ("/live/", false),
            ("/lively", false),
            ("/health", false),
            ("/health/components/store", true),
            ("/", false),
        ] {
            assert_eq!(settings.keeps(path), kept, "{path}");
        }
    }
}
