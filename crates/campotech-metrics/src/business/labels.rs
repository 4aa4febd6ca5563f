//! The closed labels of business metrics.

use std::time::Duration;

crate::labels! {
    /// Where a job came from.
    pub enum JobKind = "kind" {
        /// Created through the API.
        Api = "api",
        /// Made of a text message.
        Text = "text",
        /// Made of a voice message.
        Voice = "voice",
    }

    /// How one run of a worker ended.
    pub enum Outcome = "outcome" {
        /// Done.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Failed, to be tried again.
        Retried = "retried",
    }

    /// A queue.
    pub enum Queue = "queue" {
        /// Jobs.
        Jobs = "jobs",
        /// Voice messages.
        Voice = "voice",
    }
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Entries that wait.
    pub size: u64,
    /// How long the oldest of them has waited; zero where none waits.
    pub oldest_age: Duration,
}
