//! Where the worker's messages come from: the outbox itself, or the stream that it is relayed to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::streams::{Receipt, StreamFault, StreamQueue};
use crate::store::{Claimed, QueueEntry, Store, StoreError};

/// A message to be worked on.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) entry: QueueEntry,
    receipt: Option<Receipt>,
}

/// Where messages come from.
#[derive(Debug)]
pub(super) enum Source {
    /// The outbox lends them; what it is told in the end is all there is to say.
    Outbox,
    /// Redis lends them.
    Streams { queue: StreamQueue, store_is_away: AtomicBool },
}

/// Why there are no messages.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the queue in Redis: {0}")]
    Streams(#[from] StreamFault),
}

/// Longer than the handling, so that nobody else gets a message that is still being worked on.
const LEASE: Duration = Duration::from_secs(20);
/// Entries that other replicas put in are found by looking.
const LOOK: Duration = Duration::from_millis(250);
/// A message that was lent by Redis so often and never came back kills its worker. Many times, since those that a dying
/// worker had in hand beside it are counted as well.
const MOST_TIMES: u32 = 25;

impl Source {
    pub(super) const fn streams(queue: StreamQueue) -> Self {
        Self::Streams { queue, store_is_away: AtomicBool::new(false) }
    }

    /// Up to `limit` messages that are due, and when to ask again.
    pub(super) async fn claim(
        &self,
        store: &Store,
        limit: usize,
        now: Timestamp,
    ) -> Result<(Vec<Delivery>, Option<Timestamp>), SourceError> {
        match self {
            Self::Outbox => {
                let Claimed { entries, next_due } = store.claim(limit, LEASE, now).await?;
                let lent = |entry| Delivery { entry, receipt: None };
                Ok((entries.into_iter().map(lent).collect(), next_due))
            }
            Self::Streams { queue, store_is_away } => {
                if store_is_away.load(Ordering::Relaxed) {
                    store.ping(now).await?;
                    store_is_away.store(false, Ordering::Relaxed);
                }
                let lent = queue.take(limit).await?;
                let lent =
                    lent.into_iter().map(|(entry, receipt)| Delivery { entry, receipt: Some(receipt) });
                Ok((lent.collect(), now.checked_add(LOOK).ok()))
            }
        }
    }

    /// Waits until there may be a message before it is time to ask again.
    pub(super) async fn arrived(&self, store: &Store) {
        match self {
            Self::Outbox => store.message_arrived().await,
            Self::Streams { queue, .. } => queue.arrived().await,
        }
    }

    /// The store has dealt with the message. Where Redis can't be told, it lends it again, and the store says that
    /// it is done.
    pub(super) async fn settled(&self, delivery: &Delivery) {
        if let (Self::Streams { queue, .. }, Some(receipt)) = (self, &delivery.receipt) {
            let _ = queue.settle(receipt).await;
        }
    }

    /// Says, as long as it is polled, that the message is being worked on.
    pub(super) async fn hold(&self, delivery: &Delivery) {
        let (Self::Streams { queue, .. }, Some(receipt)) = (self, &delivery.receipt) else {
            return std::future::pending().await;
        };
        loop {
            sleep(StreamQueue::STILL).await;
            let _ = queue.touch(receipt).await;
        }
    }

    /// The store could not be told what became of the message. Where it was away, the message is not to blame; where it
    /// refused, this time counts, so that the message does not go round for ever.
    pub(super) async fn unsettled(&self, delivery: &Delivery, why: &StoreError) {
        if !why.is_passing() {
            return;
        }
        if let (Self::Streams { queue, store_is_away }, Some(receipt)) = (self, &delivery.receipt) {
            store_is_away.store(true, Ordering::Relaxed);
            let _ = queue.give_back(receipt).await;
        }
    }
}

impl Delivery {
    /// Whether whoever works on it dies of it.
    pub(super) fn is_worn_out(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt.times > MOST_TIMES)
    }
}
