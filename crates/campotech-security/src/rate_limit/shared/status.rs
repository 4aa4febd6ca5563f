//! Whether the store answers, as everybody reads it.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// Nothing is known of the store yet; it is asked.
    Starting,
    /// The store decides.
    Shared,
    /// The store does not answer as it should; every replica decides by its share.
    Away(StoreFault),
}

/// Why a store does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFault {
    /// It did not answer within the deadline.
    Timeout,
    /// There is no connection to it.
    Unreachable,
    /// It takes no writes: a replica, or one that can't save.
    ReadOnly,
    /// Its memory is used up.
    Full,
    /// It is reading its data, or busy with a script.
    Loading,
    /// The cluster has nobody for the key.
    Cluster,
    /// It does not let us in, or not to our keys.
    Denied,
    /// It answers something else than it should.
    Unexpected,
    /// Its driver has ended.
    Stopped,
}

#[derive(Debug)]
pub(super) struct Status {
    sharing: watch::Sender<Sharing>,
    // What the request path reads, without the lock of the channel.
    asks: std::sync::atomic::AtomicBool,
    replicas: AtomicU32,
}

impl Status {
    pub(super) fn new() -> Self {
        Self {
            sharing: watch::Sender::new(Sharing::Starting),
            asks: true.into(),
            replicas: AtomicU32::new(1),
        }
    }

    pub(super) fn set(&self, sharing: Sharing) {
        self.asks.store(!matches!(sharing, Sharing::Away(_)), Ordering::Relaxed);
        // The first reason stays until the store is back: the ones after it are echoes.
        self.sharing.send_if_modified(|last| {
            let echo = matches!((*last, sharing), (Sharing::Away(_), Sharing::Away(_)));
            let changed = !echo && *last != sharing;
            if changed {
                *last = sharing;
            }
            changed
        });
    }

    pub(super) fn set_replicas(&self, replicas: u32) {
        self.replicas.store(replicas.max(1), Ordering::Relaxed);
    }

    /// Whether a question has a chance.
    pub(super) fn asks(&self) -> bool {
        self.asks.load(Ordering::Relaxed)
    }

    pub(super) fn replicas(&self) -> u32 {
        self.replicas.load(Ordering::Relaxed)
    }

    pub(super) fn sharing(&self) -> Sharing {
        *self.sharing.borrow()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Sharing> {
        self.sharing.subscribe()
    }
}

impl StoreFault {
    /// A stable name for logs and status pages, such as `timeout`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::ReadOnly => "read_only",
            Self::Full => "full",
            Self::Loading => "loading",
            Self::Cluster => "cluster",
            Self::Denied => "denied",
            Self::Unexpected => "unexpected",
            Self::Stopped => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_outage_is_one_change() {
        let status = Status::new();
        let mut changes = status.subscribe();
        assert!(status.asks());
        status.set(Sharing::Shared);
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        status.set(Sharing::Away(StoreFault::Timeout));
        assert!(!status.asks());
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        status.set(Sharing::Away(StoreFault::Unreachable));
        assert!(!changes.has_changed().unwrap());
        assert_eq!(status.sharing(), Sharing::Away(StoreFault::Timeout));
        status.set(Sharing::Shared);
        assert!(status.asks() && changes.has_changed().unwrap());
    }

    #[test]
    fn there_is_always_one_replica() {
        let status = Status::new();
        assert_eq!(status.replicas(), 1);
        status.set_replicas(0);
        assert_eq!(status.replicas(), 1);
    }
}
