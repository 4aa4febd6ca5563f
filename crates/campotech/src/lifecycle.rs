//! From SIGTERM to the end.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells long-lived handlers, such as WebSockets, that the service drains.
#[derive(Debug, Clone)]
pub struct DrainSignal(watch::Receiver<bool>);

/// How the end of the service went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Connections that ended by themselves.
    pub finished: u64,
    /// Connections that were cut at the deadline.
    pub aborted: u64,
}

/// The other end of [`DrainSignal`].
#[derive(Debug)]
pub(crate) struct DrainTrigger(watch::Sender<bool>);

impl DrainSignal {
    pub(crate) fn pair() -> (DrainTrigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (DrainTrigger(sender), Self(receiver))
    }

    /// Waits until the service stops accepting. Returns at once where it has.
    pub async fn drained(&mut self) {
        // The sender lives as long as the platform; when it is gone, so is the service.
        let _ = self.0.wait_for(|draining| *draining).await;
    }

    /// Whether the service has stopped accepting.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.0.borrow()
    }
}

impl DrainTrigger {
    pub(crate) fn pull(&self) {
        self.0.send_replace(true);
    }
}

/// Listens for SIGTERM and SIGINT from the moment it is made, so that none is missed during a slow start.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
