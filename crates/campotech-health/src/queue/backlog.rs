//! What waits in a queue.

use std::time::Duration;

/// What waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Entries that wait.
    pub depth: u64,
    /// How long the oldest of them has been waiting; none where nothing waits, or the queue can't tell.
    pub oldest_age: Option<Duration>,
}
