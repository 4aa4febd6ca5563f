//! The limits of a server, as one value that every connection shares.

use std::time::Duration;

use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;

use crate::connection::StreamExecutor;

/// Longer times would not fit into the clocks of every system.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) first_request: Duration,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) write_stall: Duration,
    pub(crate) fresh_grace: Duration,
    pub(crate) linger: Duration,
    pub(crate) drain_deadline: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_header_bytes: usize,
    pub(crate) max_header_list: u32,
    pub(crate) max_streams: u32,
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            fresh_grace: Duration::from_secs(1),
            linger: Duration::from_secs(2),
            drain_deadline: Duration::from_secs(25),
            max_connections: 10_000,
            max_header_bytes: 64 * 1024,
            max_header_list: 16 * 1024,
            max_streams: 100,
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
        }
    }
}

impl Settings {
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
            .max_header_list_size(self.max_header_list)
            .max_send_buf_size(64 * 1024);
        builder
    }
}
