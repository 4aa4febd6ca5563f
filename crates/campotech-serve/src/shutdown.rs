//! How a server is told to stop, and what it says when it has.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How far a shutdown has come; only ever goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    Leaving,
    Draining,
    Aborting,
}

/// Starts the stages of a shutdown; clones are the same trigger. Dropping it triggers nothing.
#[derive(Debug, Clone)]
pub struct Trigger(Arc<watch::Sender<Phase>>);

/// What a server listens to; clones follow the same [`Trigger`], so that several servers stop together.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<Phase>);

/// How the connections that were open at the start of a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Connections that ended by themselves within the deadline.
    pub finished: u64,
    /// Connections that were cut at the deadline.
    pub aborted: u64,
    /// How long the drain took.
    pub took: Duration,
}

/// A trigger and what follows it.
#[must_use]
pub fn shutdown_pair() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(Phase::Serving);
    (Trigger(Arc::new(sender)), Shutdown(receiver))
}

impl Trigger {
    /// Goes on serving and accepting, but asks every client to leave: HTTP/1 answers carry `Connection: close` from now on.
    ///
    /// For the time between "not ready" and [`drain`](Self::drain): a client that still reuses a connection when the drain
    /// begins may find it closed, one that was sent away before does not.
    pub fn leave(&self) {
        self.advance(Phase::Leaving);
    }

    /// Stops accepting, lets requests in flight finish, closes idle connections at once.
    pub fn drain(&self) {
        self.advance(Phase::Draining);
    }

    /// Cuts every connection that is still open, without waiting for the deadline.
    pub fn abort(&self) {
        self.advance(Phase::Aborting);
    }

    fn advance(&self, to: Phase) {
        self.0.send_if_modified(|phase| {
            let forward = *phase < to;
            if forward {
                *phase = to;
            }
            forward
        });
    }
}

impl Shutdown {
    /// Resolves when the drain begins (never, if it never does): the moment for a WebSocket handler to say goodbye.
    pub async fn draining(&self) {
        self.clone().reached(Phase::Draining).await;
    }

    /// Whether the drain has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.phase() >= Phase::Draining
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    pub(crate) async fn reached(mut self, phase: Phase) {
        if self.0.wait_for(|now| *now >= phase).await.is_err() {
            // Every trigger is gone: nobody can stop the server any more.
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stages_only_go_forward() {
        let (trigger, shutdown) = shutdown_pair();
        trigger.drain();
        trigger.leave();
        assert_eq!(shutdown.phase(), Phase::Draining);
        shutdown.draining().await;
        trigger.abort();
        assert!(shutdown.is_draining());
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_trigger_triggers_nothing() {
        let (trigger, shutdown) = shutdown_pair();
        drop(trigger);
        let waited = tokio::time::timeout(Duration::from_secs(3600), shutdown.draining()).await;
        assert!(waited.is_err());
    }
}
