//! An open WebSocket connection.

use super::Business;
use crate::series::Gauge;

/// Counts a WebSocket connection as open until it is dropped, also by a panic or an abort.
#[derive(Debug)]
#[must_use = "the connection counts as closed as soon as this is dropped"]
pub struct WebSocketGuard {
    active: Gauge,
}

impl WebSocketGuard {
    pub(crate) fn open(business: &Business) -> Self {
        business.websockets.inc();
        business.websockets_active.inc();
        Self { active: business.websockets_active.clone() }
    }
}

impl Drop for WebSocketGuard {
    fn drop(&mut self) {
        self.active.dec();
    }
}
