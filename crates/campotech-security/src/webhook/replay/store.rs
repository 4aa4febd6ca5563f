//! The port of replay stores.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// What tells one signed request from another: a hash of what the signature covers, whoever's secret made it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 32]);

/// One request's claim to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// What is claimed.
    pub key: ReplayKey,
    /// Random: by it a store that several processes share knows whose claim it is.
    pub holder: u64,
}

/// What the store says to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// It is the first, and now holds the key.
    Fresh,
    /// Another one holds the key, and is not yet done.
    UnderWay,
    /// Another one was taken.
    Settled,
}

/// Why there is no answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayFault {
    /// No more can be remembered.
    #[error("the replay store is full")]
    Full,
    /// The store did not answer in time, or with an error.
    #[error("the replay store does not answer")]
    Unavailable,
}

/// Remembers which requests were here. One store (or prefix) is for one sender: keys say nothing about whose they are.
pub trait ReplayStore: fmt::Debug + Send + Sync + 'static {
    /// The answer to a claim.
    type Claiming: Future<Output = Result<Claim, ReplayFault>> + Send + 'static;

    /// Claims a key for `window`, which is two minutes at most: a claim of a request that went away before the answer came ends by itself. Of several claims at once one is [`Claim::Fresh`].
    fn claim(&self, ticket: Ticket, window: Duration) -> Self::Claiming;

    /// Says that the request was taken: for `window` the key is [`Claim::Settled`]. Waits for nothing.
    fn settle(&self, ticket: Ticket, window: Duration);

    /// Gives back a claim whose request was not taken. Waits for nothing; where it fails, the claim ends by itself.
    fn release(&self, ticket: Ticket);
}

/// Remembers nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReplays;

impl ReplayKey {
    /// Of pieces, the first of which says what the others are.
    pub(in crate::webhook) fn of(feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Self {
        let mut hash = Sha256::new();
        feed(&mut |piece| hash.update(piece));
        Self(hash.finalize().into())
    }

    /// The hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplayKey(")?;
        fmt::Display::fmt(self, f)?;
        f.write_str(")")
    }
}

/// As 64 hexadecimal digits.
impl fmt::Display for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl ReplayStore for NoReplays {
    type Claiming = Ready<Result<Claim, ReplayFault>>;

    fn claim(&self, _: Ticket, _: Duration) -> Self::Claiming {
        ready(Ok(Claim::Fresh))
    }

    fn settle(&self, _: Ticket, _: Duration) {}

    fn release(&self, _: Ticket) {}
}

impl<S: ReplayStore> ReplayStore for Arc<S> {
    type Claiming = S::Claiming;

    fn claim(&self, ticket: Ticket, window: Duration) -> Self::Claiming {
        (**self).claim(ticket, window)
    }

    fn settle(&self, ticket: Ticket, window: Duration) {
        (**self).settle(ticket, window);
    }

    fn release(&self, ticket: Ticket) {
        (**self).release(ticket);
    }
}
