//! What runs beside the requests: the worker's reports, the queue's gauges, the store's health check.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use campotech::core::SystemClock;
use campotech::health::{
    Backlog, Check, CheckResult, Component, Postgres, QueueCheck, Reason, Redis, check_fn,
};
use campotech::metrics::{JobKind as Kind, Metrics, Outcome as MetricsOutcome, Queue};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::backends::Backends;
use crate::domain::{Job, JobKind, wall_now};
use crate::queue::{Outcome, StreamFault, StreamQueue, WorkerEvents};
use crate::store::{PostgresStore, QueueStats, StorageFault, Store, StoreError};

/// Messages that wait, from which on the queue is called saturated.
const MANY: u64 = 1_000;
/// The time a message may wait, retries included.
const LATE: Duration = Duration::from_secs(10 * 60);

/// Tells metrics and listeners what the worker did.
#[derive(Clone)]
pub struct Told(App);

impl Told {
    /// Tells those of `app`.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self(app.clone())
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl WorkerEvents for Told {
    fn job_created(&self, job: &Job) {
        self.0.created(job);
    }

    fn processed(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        self.0.metrics().job_processed(metrics_kind(kind), metrics_outcome(outcome), took);
    }

    fn voice(&self, outcome: Outcome) {
        self.0.metrics().voice_processed(metrics_outcome(outcome));
    }
}

/// The kind of a job, as metrics name it.
#[must_use]
pub const fn metrics_kind(kind: JobKind) -> Kind {
    match kind {
        JobKind::Api => Kind::Api,
        JobKind::Voice => Kind::Voice,
        JobKind::Text => Kind::Text,
    }
}

const fn metrics_outcome(outcome: Outcome) -> MetricsOutcome {
    match outcome {
        Outcome::Done => MetricsOutcome::Done,
        Outcome::Failed => MetricsOutcome::Failed,
        Outcome::Retried => MetricsOutcome::Retried,
    }
}

/// How long the queues are, read once a second so that neither a scrape nor a page waits for the store. It keeps the dead
/// letters.
#[derive(Debug, Clone, Default)]
pub struct QueueGauge(Arc<AtomicU64>);

impl QueueGauge {
    /// Reads until told to stop.
    ///
    /// The sizes are metrics of the platform; the dead letters are a gauge of the service's own.
    pub async fn watch(self, store: Store, metrics: Metrics, stop: CancellationToken) {
        let mut published = false;
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let Ok(stats) = store.queue_stats().await else { continue };
            let now = wall_now(&SystemClock);
            metrics.set_queue(Queue::Jobs, stats.jobs.size, stats.jobs.oldest_age(now));
            metrics.set_queue(Queue::Voice, stats.voice.size, stats.voice.oldest_age(now));
            self.0.store(stats.dead, Relaxed);
            // Not before the first reading: a 0 that nobody read would make every dead letter look new.
            if !std::mem::replace(&mut published, true) {
                self.publish_dead(&metrics);
            }
        }
    }

    fn publish_dead(&self, metrics: &Metrics) {
        let dead = self.clone();
        #[expect(clippy::cast_precision_loss, reason = "a count of messages")]
        let published =
            metrics.gauge_fn("queue_dead_letters", "Messages that were given up", move || dead.dead() as f64);
        if let Err(error) = published {
            tracing::error!(%error, "dead letters are not counted");
        }
    }

    /// Messages that were given up and wait for a person.
    #[must_use]
    pub fn dead(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// The dead letters as a fact for the status page.
    pub fn fact(&self) -> impl Fn() -> String + Send + Sync + 'static + use<> {
        let gauge = self.clone();
        move || gauge.dead().to_string()
    }
}

/// A check for each backend.
#[must_use]
pub fn checks(backends: &Backends) -> Vec<Component> {
    let queue = backends.redis.as_ref().map(|redis| redis.queue.clone());
    let mut checks = vec![queue_check(&backends.store, queue)];
    match &backends.database {
        None => checks.push(store_check(&backends.store)),
        Some(database) => {
            checks.push(Postgres::new(database.pool()).critical());
            checks.push(migrations_check(database));
        }
    }
    if let Some(redis) = &backends.redis {
        checks.push(Redis::new(&redis.client).degrading());
    }
    checks
}

/// Tells whether the tables of the database are there.
#[must_use]
pub fn migrations_check(database: &PostgresStore) -> Component {
    let database = database.clone();
    check_fn("migrations", move || {
        let there = database.is_migrated();
        async move { if there { CheckResult::ok() } else { CheckResult::failed(Reason::StartingUp) } }
    })
    .critical()
}

/// Proves that the store can commit.
#[must_use]
pub fn store_check(store: &Store) -> Component {
    let store = store.clone();
    check_fn("store", move || {
        let store = store.clone();
        async move {
            match store.ping(wall_now(&SystemClock)).await {
                Ok(()) => CheckResult::ok(),
                Err(error) => CheckResult::failed(reason(&error)).with_message(error),
            }
        }
    })
    .critical()
}

/// Tells when messages wait: too many of them, or one for too long. Jobs come late then, and requests are as fast as ever.
#[must_use]
pub fn queue_check(store: &Store, streams: Option<StreamQueue>) -> Component {
    let store = store.clone();
    QueueCheck::new("queue", move || {
        let (store, fault) = (store.clone(), streams.as_ref().and_then(StreamQueue::fault));
        async move {
            if let Some(fault) = fault {
                return Err(CheckResult::failed(stream_reason(fault)));
            }
            let stats = store.queue_stats().await;
            stats
                .map(|stats| backlog(&stats))
                .map_err(|error| CheckResult::failed(reason(&error)).with_message(error))
        }
    })
    .with_max_depth(MANY)
    .with_max_age(LATE)
    .degrading()
}

/// What waits in both queues.
fn backlog(stats: &QueueStats) -> Backlog {
    let now = wall_now(&SystemClock);
    Backlog {
        depth: stats.jobs.size + stats.voice.size,
        oldest_age: Some(stats.jobs.oldest_age(now).max(stats.voice.oldest_age(now))),
    }
}

const fn reason(error: &StoreError) -> Reason {
    match error {
        StoreError::Storage { fault, .. } => match fault {
            StorageFault::ReadOnly => Reason::ReadOnly,
            StorageFault::Unreachable => Reason::Unreachable,
            StorageFault::Timeout => Reason::Timeout,
            StorageFault::Denied => Reason::Auth,
            StorageFault::Saturated => Reason::Saturated,
            StorageFault::NotReady => Reason::StartingUp,
            _ => Reason::Internal,
        },
        StoreError::Closed => Reason::ShuttingDown,
        _ => Reason::Internal,
    }
}

const fn stream_reason(fault: StreamFault) -> Reason {
    match fault {
        StreamFault::Unreachable => Reason::Unreachable,
        StreamFault::Timeout => Reason::Timeout,
        StreamFault::Denied => Reason::Auth,
        StreamFault::Full => Reason::OutOfMemory,
        StreamFault::ReadOnly => Reason::ReadOnly,
        StreamFault::Loading => Reason::Loading,
        StreamFault::Refused => Reason::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::QueueDepth;

    #[test]
    fn both_queues_are_one_backlog() {
        let of = |size, age| QueueDepth { size, oldest: wall_now(&SystemClock).checked_sub(age).ok() };
        let stats = QueueStats { jobs: of(2, LATE), voice: of(1, LATE / 2), ..QueueStats::default() };
        let Backlog { depth, oldest_age } = backlog(&stats);
        let age = oldest_age.unwrap();
        assert_eq!(depth, 3);
        assert!((LATE..LATE + Duration::from_secs(60)).contains(&age), "{age:?}");
        let empty = backlog(&QueueStats::default());
        assert_eq!(empty, Backlog { depth: 0, oldest_age: Some(Duration::ZERO) });
    }
}
