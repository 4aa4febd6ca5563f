//! From the outbox to the queue in Redis.

use std::time::Duration;

use campotech::core::SystemClock;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::pause::until;
use super::streams::StreamQueue;
use crate::domain::wall_now;
use crate::store::{QueueEntry, Store};

/// Hands over what is due in the outbox. While Redis is away, or full, everything waits there.
#[derive(Debug)]
pub struct Relay {
    store: Store,
    streams: StreamQueue,
    /// Handed over by the store, and not in the stream yet.
    batch: Vec<QueueEntry>,
    retry: Duration,
    store_is_away: bool,
    next_sweep: Instant,
}

/// Entries handed over at once.
const AT_ONCE: usize = 100;
/// How long an entry may be on its way before the outbox asks whether Redis still has it.
const LEASE: Duration = Duration::from_secs(10);
/// Replicas that were killed leave their names in the consumer group.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
const GONE: Duration = Duration::from_secs(3_600);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(1);
/// The stream is full: a look from time to time.
const NO_ROOM: Duration = Duration::from_millis(200);

impl Relay {
    /// From the outbox of `store` to `streams`.
    #[must_use]
    pub fn new(store: Store, streams: StreamQueue) -> Self {
        let next_sweep = Instant::now();
        Self { store, streams, batch: Vec::new(), retry: FIRST_RETRY, store_is_away: false, next_sweep }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let Some(pause) = stop.run_until_cancelled(self.step()).await else { return };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause) => {}
                () = self.store.message_arrived(), if self.batch.is_empty() => {}
            }
        }
    }

    /// Puts in what is in hand, then takes more in hand. How long to wait before the next step.
    async fn step(&mut self) -> Duration {
        // With nothing in hand, the answer is how much would fit.
        let Ok((room, there)) = self.streams.publish(&self.batch).await else {
            self.retry = (self.retry * 2).min(LONGEST_RETRY);
            return self.retry;
        };
        self.retry = FIRST_RETRY;
        if Instant::now() >= self.next_sweep {
            self.next_sweep = Instant::now() + SWEEP_EVERY;
            let _ = self.streams.sweep(GONE).await;
        }
        let mut there = there.into_iter();
        self.batch.retain(|_| there.next() != Some(true));
        if !self.batch.is_empty() || room == 0 {
            return NO_ROOM;
        }
        let now = wall_now(&SystemClock);
        match self.store.hand_over(room.min(AT_ONCE), LEASE, now).await {
            Ok(claimed) => {
                self.store_is_away = false;
                self.batch = claimed.entries;
                if self.batch.is_empty() { until(claimed.next_due, now) } else { Duration::ZERO }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.store_is_away, true) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the outbox can't be read");
                }
                LONGEST_RETRY
            }
        }
    }
}
