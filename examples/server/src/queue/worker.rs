//! The loop that takes messages off the queue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use campotech::core::{Clock, SystemClock};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::events::{Outcome, WorkerEvents};
use super::handler::{Handled, HandlerError, MessageHandler, MessageToJob};
use super::pause::until;
use super::retry::wait_after;
use super::source::{Delivery, Source, SourceError};
use super::streams::StreamQueue;
use crate::domain::{Job, JobKind, MessageContent, wall_now};
use crate::store::{Completed, QueueEntry, Store, StoreError};
use crate::telemetry::message;

/// Takes messages off the queue until it is told to stop.
///
/// A message is borrowed, worked on, and ended in one transaction with its job. If the worker dies in
/// between, the message is lent again after the lease and worked on once more: at least once the work,
/// exactly once the job.
///
/// # Defaults
/// - [`MessageToJob`] as handler, the system's clock
/// - five attempts; the first wait is 1 s, each next one twice as long, all cut by up to a half at random
/// - the store's own outbox as the queue
/// - 16 messages at once, 10 s for each, a lease of 20 s
/// - looks every 5 s even if nothing wakes it
#[derive(Debug)]
pub struct Worker<H = MessageToJob, C = SystemClock> {
    store: Store,
    source: Source,
    events: Arc<dyn WorkerEvents>,
    handler: H,
    clock: C,
}

const AT_ONCE: usize = 16;
const HANDLING: Duration = Duration::from_secs(10);
const AFTER_OUTAGE: Duration = Duration::from_secs(1);

impl Worker {
    /// A worker on `store` that reports to `events`.
    #[must_use]
    pub fn new(store: Store, events: Arc<dyn WorkerEvents>) -> Self {
        Self { store, source: Source::Outbox, events, handler: MessageToJob, clock: SystemClock }
    }
}

impl<H, C> Worker<H, C> {
    /// Takes the messages from `queue`, which a [`Relay`](super::Relay) fills.
    #[must_use]
    pub fn with_streams(mut self, queue: StreamQueue) -> Self {
        self.source = Source::streams(queue);
        self
    }

    /// Another handler.
    #[must_use]
    pub fn with_handler<H2: MessageHandler>(self, handler: H2) -> Worker<H2, C> {
        let Self { store, source, events, clock, .. } = self;
        Worker { store, source, events, handler, clock }
    }

    /// Another clock for leases and due times; sleeping is tokio's.
    #[must_use]
    pub fn with_clock<C2: Clock>(self, clock: C2) -> Worker<H, C2> {
        let Self { store, source, events, handler, .. } = self;
        Worker { store, source, events, handler, clock }
    }
}

impl<H: MessageHandler, C: Clock> Worker<H, C> {
    /// Works until `stop` is cancelled; what was begun is then finished first. Dropping the future ends
    /// the work at once: what was begun is lent again later.
    pub async fn run(self, stop: CancellationToken) {
        let worker = Arc::new(self);
        let mut begun = JoinSet::new();
        let mut away = false;
        while !stop.is_cancelled() {
            let free = AT_ONCE - begun.len();
            let claimed = worker.claim(free).await;
            let (pause, wakeable) = match claimed {
                Ok((deliveries, next_due)) => {
                    for delivery in deliveries {
                        let worker = Arc::clone(&worker);
                        let brought_by = delivery.entry.message.brought_by.clone();
                        let work = async move { worker.hold_and_work_on(delivery).await };
                        match brought_by {
                            Some(request) => begun.spawn(campotech::on_behalf_of(&request, work)),
                            None => begun.spawn(work),
                        };
                    }
                    away = false;
                    // Nothing may be awaited between reading the clock here and going to sleep.
                    (worker.time_until(next_due), begun.len() < AT_ONCE)
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(error = &error as &dyn std::error::Error, "the queue can't be read");
                    }
                    (AFTER_OUTAGE, false)
                }
            };
            let full = begun.len() == AT_ONCE;
            tokio::select! {
                () = stop.cancelled() => {}
                () = worker.source.arrived(&worker.store), if wakeable => {}
                () = sleep(pause), if !full => {}
                Some(_) = begun.join_next(), if full => {}
            }
            // One commit ends many at once: claim for all of them together.
            while begun.try_join_next().is_some() {}
        }
        while begun.join_next().await.is_some() {}
    }

    async fn claim(&self, limit: usize) -> Result<(Vec<Delivery>, Option<Timestamp>), SourceError> {
        self.source.claim(&self.store, limit, wall_now(&self.clock)).await
    }

    fn time_until(&self, due: Option<Timestamp>) -> Duration {
        until(due, wall_now(&self.clock))
    }

    async fn hold_and_work_on(&self, delivery: Delivery) {
        tokio::select! {
            biased;
            () = self.work_on(&delivery).instrument(message()) => {}
            () = self.source.hold(&delivery) => {}
        }
    }

    async fn work_on(&self, delivery: &Delivery) {
        let started = self.clock.now();
        let entry = &delivery.entry;
        let handled = if delivery.is_worn_out() {
            Err(HandlerError::Never("handed out too often without an answer".into()))
        } else {
            self.handle(entry).await
        };
        let failure = handled.as_ref().err().map(ToString::to_string);
        let ended = match handled {
            Ok(handled) => self.complete(entry, handled).await,
            Err(error) => self.fail(entry, error).await,
        };
        match ended {
            Ok(outcome) => {
                let took = self.clock.now().saturating_duration_since(started);
                if let Some(outcome) = outcome {
                    self.report(entry, outcome, took, failure.as_deref());
                }
                self.source.settled(delivery).await;
            }
            // The lease ends, and the message is worked on again.
            Err(error) => {
                let id = entry.id;
                tracing::warn!(%error, entry = id, "a message was worked on, but this could not be stored");
                self.source.unsettled(delivery, &error).await;
            }
        }
    }

    /// A handler that hangs or panics has failed like any other.
    async fn handle(&self, entry: &QueueEntry) -> Result<Handled, HandlerError> {
        let handling = AssertUnwindSafe(async { self.handler.handle(&entry.message).await }).catch_unwind();
        match timeout(HANDLING, handling).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(HandlerError::Again("the handler panicked".into())),
            Err(_) => Err(HandlerError::Again("the handler took too long".into())),
        }
    }

    /// `None` when there is nothing to report: somebody else did it, or there was nothing to do.
    async fn complete(&self, entry: &QueueEntry, handled: Handled) -> Result<Option<Outcome>, StoreError> {
        let now = wall_now(&self.clock);
        let job = match handled {
            Handled::Job(kind, new) => Some(Job::new(kind, None, new, now)),
            Handled::Nothing => None,
        };
        let completed = self.store.complete(entry, job.clone(), now).await?;
        Ok(match (completed, job) {
            (Completed::Done, Some(job)) => {
                self.events.job_created(&job);
                Some(Outcome::Done)
            }
            _ => None,
        })
    }

    async fn fail(&self, entry: &QueueEntry, error: HandlerError) -> Result<Option<Outcome>, StoreError> {
        let now = wall_now(&self.clock);
        let wait = match &error {
            HandlerError::Again(_) => wait_after(entry.failures + 1),
            HandlerError::Never(_) => None,
        };
        Ok(match wait {
            Some(wait) => {
                let not_before = now.checked_add(wait).unwrap_or(Timestamp::MAX);
                self.store.retry(entry, not_before).await?.then_some(Outcome::Retried)
            }
            None => self.store.bury(entry, &error.to_string(), now).await?.then_some(Outcome::Failed),
        })
    }

    fn report(&self, entry: &QueueEntry, outcome: Outcome, took: Duration, failure: Option<&str>) {
        match outcome {
            Outcome::Done => tracing::debug!(entry = entry.id, "a message has become a job"),
            Outcome::Retried => tracing::info!(entry = entry.id, failure, "a message will be tried again"),
            Outcome::Failed => tracing::error!(entry = entry.id, failure, "a message was given up"),
        }
        let kind = match entry.message.content {
            MessageContent::Audio { .. } => JobKind::Voice,
            MessageContent::Text { .. } | MessageContent::Other { .. } => JobKind::Text,
        };
        self.events.processed(kind, outcome, took);
        if kind == JobKind::Voice {
            self.events.voice(outcome);
        }
    }
}
