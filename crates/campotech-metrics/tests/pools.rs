//! What callers of a deadpool pool go through, as the metrics show it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campotech_metrics::{ConfigError, MeasuredPool, Metrics};
use deadpool::Runtime;
use deadpool::managed::{self, Manager, Object, Pool, PoolError, RecycleResult, TimeoutType, Timeouts};
use tokio::task::yield_now;
use tokio::time::timeout;

/// Makes connections that are numbers, unless it is told not to.
#[derive(Debug, Default)]
struct Lines {
    down: Arc<AtomicBool>,
}

#[derive(Debug, PartialEq)]
struct Down;

impl Manager for Lines {
    type Type = u32;
    type Error = Down;

    async fn create(&self) -> Result<u32, Down> {
        if self.down.load(Ordering::Relaxed) { Err(Down) } else { Ok(7) }
    }

    async fn recycle(&self, _: &mut u32, _: &managed::Metrics) -> RecycleResult<Down> {
        Ok(())
    }
}

/// A pool's own kind of connection, as that of deadpool-redis.
struct Wrapped(Object<Lines>);

impl From<Object<Lines>> for Wrapped {
    fn from(object: Object<Lines>) -> Self {
        Self(object)
    }
}

fn metrics() -> Metrics {
    Metrics::builder("field-service", "1.2.3").without_process().build().unwrap()
}

fn pool(size: usize) -> Pool<Lines> {
    Pool::builder(Lines::default()).max_size(size).runtime(Runtime::Tokio1).build().unwrap()
}

fn wait(millis: u64) -> Timeouts {
    Timeouts { wait: Some(Duration::from_millis(millis)), ..Timeouts::default() }
}

#[track_caller]
fn shows(metrics: &Metrics, lines: &[&str]) {
    let text = metrics.render_text();
    for line in lines {
        assert!(text.lines().any(|have| have == *line), "{line}\n{text}");
    }
}

/// Polled once, so that they wait.
async fn starts_to_wait<T: Send + 'static>(
    waiter: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    let task = tokio::spawn(waiter);
    yield_now().await;
    task
}

#[tokio::test]
async fn whoever_is_starved_is_counted_also_when_it_gives_up() {
    let metrics = metrics();
    let pool = metrics.measure_pool("main", pool(1)).unwrap();
    let leased = pool.get().await.unwrap();
    shows(
        &metrics,
        &[
            r#"db_pool_connections{pool="main",state="idle"} 0"#,
            r#"db_pool_connections{pool="main",state="used"} 1"#,
            r#"db_pool_max_connections{pool="main"} 1"#,
            r#"db_pool_waiting{pool="main"} 0"#,
            r#"db_pool_timeouts_total{pool="main"} 0"#,
            r#"db_pool_acquire_seconds_count{pool="main"} 1"#,
        ],
    );

    // One meets the pool's own timeout.
    let error = pool.timeout_get(&wait(5)).await.unwrap_err();
    assert!(matches!(error, PoolError::Timeout(TimeoutType::Wait)), "{error:?}");
    shows(&metrics, &[r#"db_pool_timeouts_total{pool="main"} 1"#]);

    // Another has a deadline of its own; while it waits, that is seen.
    let mut other = Box::pin(pool.get());
    assert!(timeout(Duration::from_millis(5), &mut other).await.is_err());
    shows(
        &metrics,
        &[
            r#"db_pool_connections{pool="main",state="idle"} 0"#,
            r#"db_pool_waiting{pool="main"} 1"#,
            r#"db_pool_timeouts_total{pool="main"} 1"#,
        ],
    );
    drop(other);
    shows(&metrics, &[r#"db_pool_waiting{pool="main"} 0"#, r#"db_pool_timeouts_total{pool="main"} 2"#]);

    // The third waits until there is one.
    let third = {
        let pool = pool.clone();
        starts_to_wait(async move { pool.get().await.map(|line| *line) }).await
    };
    shows(&metrics, &[r#"db_pool_waiting{pool="main"} 1"#]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(leased);
    assert_eq!(third.await.unwrap().unwrap(), 7);
    shows(
        &metrics,
        &[
            r#"db_pool_timeouts_total{pool="main"} 2"#,
            r#"db_pool_acquire_seconds_count{pool="main"} 2"#,
            r#"db_pool_connections{pool="main",state="idle"} 1"#,
        ],
    );
    let text = metrics.render_text();
    let sum = text.lines().find_map(|line| line.strip_prefix(r#"db_pool_acquire_seconds_sum{pool="main"} "#));
    assert!(sum.unwrap().parse::<f64>().unwrap() >= 0.02, "{text}");
}

#[tokio::test]
async fn a_deadline_around_a_timeout_counts_once() {
    let metrics = metrics();
    let pool = metrics.measure_pool("main", pool(1)).unwrap();
    let leased = pool.get().await.unwrap();
    // The pool's timeout ends first, then the deadline.
    assert!(timeout(Duration::from_secs(5), pool.timeout_get(&wait(1))).await.unwrap().is_err());
    assert!(timeout(Duration::from_millis(1), pool.timeout_get(&wait(5_000))).await.is_err());
    shows(&metrics, &[r#"db_pool_timeouts_total{pool="main"} 2"#]);
    drop(leased);
}

#[tokio::test]
async fn a_call_that_never_began_is_not_counted() {
    let metrics = metrics();
    let pool = metrics.measure_pool("main", pool(1)).unwrap();
    drop(pool.get());
    shows(
        &metrics,
        &[r#"db_pool_timeouts_total{pool="main"} 0"#, r#"db_pool_acquire_seconds_count{pool="main"} 0"#],
    );
}

#[tokio::test]
async fn other_errors_are_in_neither() {
    let metrics = metrics();
    let pool = metrics.measure_pool("main", pool(1)).unwrap();
    pool.pool().manager().down.store(true, Ordering::Relaxed);
    assert!(matches!(pool.get().await, Err(PoolError::Backend(Down))));
    pool.pool().close();
    assert!(matches!(pool.get().await, Err(PoolError::Closed)));
    shows(
        &metrics,
        &[r#"db_pool_timeouts_total{pool="main"} 0"#, r#"db_pool_acquire_seconds_count{pool="main"} 0"#],
    );
}

#[tokio::test]
async fn a_pool_with_its_own_kind_of_connection_is_measured_and_a_name_is_taken_once() {
    let metrics = metrics();
    let wrapping: Pool<Lines, Wrapped> = Pool::builder(Lines::default()).max_size(2).build().unwrap();
    let wrapping = metrics.measure_pool("wrapping", wrapping).unwrap();
    assert_eq!(*wrapping.get().await.unwrap().0, 7);
    assert_eq!(wrapping.status().size, 1);
    assert!(metrics.pool("wrapping").is_some());
    shows(&metrics, &[r#"db_pool_acquire_seconds_count{pool="wrapping"} 1"#]);
    assert_eq!(
        metrics.measure_pool("wrapping", pool(1)).unwrap_err(),
        ConfigError::DuplicateMetric("db_pool_connections{pool=\"wrapping\"}".into())
    );
}

#[test]
fn a_measured_pool_is_shared_as_a_pool_is() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug>() {}
    shared::<MeasuredPool<Lines>>();
    fn sent<T: Send>(_: T) {}
    let pool = metrics().measure_pool("main", pool(1)).unwrap();
    sent(pool.get());
}
