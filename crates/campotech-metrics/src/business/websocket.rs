//! An open WebSocket connection.

use std::time::Instant;

use super::Business;
use super::families::WebSockets;

/// Counts a WebSocket connection as open until it is dropped, also by a panic or an abort, and how long it was.
#[derive(Debug)]
#[must_use = "the connection counts as closed as soon as this is dropped"]
pub struct WebSocketGuard {
    sockets: WebSockets,
    opened: Instant,
}

impl WebSocketGuard {
    pub(crate) fn open(business: &Business) -> Self {
        let sockets = business.websockets.clone();
        sockets.opened.inc(());
        sockets.active.add((), 1);
        Self { sockets, opened: Instant::now() }
    }
}

impl Drop for WebSocketGuard {
    fn drop(&mut self) {
        self.sockets.active.add((), -1);
        self.sockets.durations.observe((), self.opened.elapsed());
    }
}
