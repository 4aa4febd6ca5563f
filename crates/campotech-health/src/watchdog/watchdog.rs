//! The thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle, park_timeout};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::beat::{Answer, Question};
use crate::error::WatchError;
use crate::state::Shared;

/// Looks at a runtime from a thread of its own, and says when no worker gets to a new task; made by
/// [`Health::watch`](crate::Health::watch). Dropped, it looks no more.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct Watchdog {
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and its owner share.
#[derive(Debug, Default)]
struct Seen {
    ended: AtomicBool,
    lag_nanos: AtomicU64,
}

/// The thread's side.
struct Watch {
    shared: Weak<Shared>,
    runtime: Handle,
    threshold: Duration,
    tick: Duration,
    seen: Arc<Seen>,
    stalled: bool,
}

impl Watchdog {
    pub(crate) fn start(
        shared: Weak<Shared>,
        runtime: Handle,
        threshold: Duration,
    ) -> Result<Self, WatchError> {
        if threshold.is_zero() {
            return Err(WatchError::ZeroThreshold);
        }
        let seen = Arc::new(Seen::default());
        let tick = (threshold / 10).clamp(Duration::from_millis(1), Duration::from_millis(500));
        let watch = Watch { shared, runtime, threshold, tick, seen: Arc::clone(&seen), stalled: false };
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(move || watch.run());
        Ok(Self { seen, thread: Some(thread.map_err(WatchError::Thread)?) })
    }

    /// How long the latest task waited for a worker, or has waited by now.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.seen.lag()
    }

    /// The same for a gauge that outlives this borrow.
    pub fn reading(&self) -> impl Fn() -> Duration + Send + Sync + 'static + use<> {
        let seen = Arc::clone(&self.seen);
        move || seen.lag()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.seen.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but time, so this takes a moment.
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Seen {
    fn lag(&self) -> Duration {
        Duration::from_nanos(self.lag_nanos.load(Ordering::Relaxed))
    }

    fn set_lag(&self, lag: Duration) {
        self.lag_nanos.store(u64::try_from(lag.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Watch {
    fn run(mut self) {
        while self.look() {
            self.set_stalled(false);
            self.pause(self.tick);
        }
        // Nobody knows any more, and what nobody knows is no stall.
        self.seen.set_lag(Duration::ZERO);
        if self.stalled
            && let Some(shared) = self.shared.upgrade()
        {
            shared.count_stalled(false);
        }
    }

    /// One question, to its answer. Whether there is anything left to look at.
    fn look(&mut self) -> bool {
        let (asked, question) = (Instant::now(), Question::ask(&self.runtime));
        let mut waited = Duration::ZERO;
        loop {
            if self.is_ended() {
                return false;
            }
            match question.answer() {
                Answer::Dropped => return false,
                Answer::Answered => {
                    self.seen.set_lag(if waited.is_zero() { asked.elapsed() } else { waited });
                    return true;
                }
                Answer::Open => {}
            }
            let before = Instant::now();
            park_timeout(self.tick);
            // Where this thread was not woken either, the whole process stood still, and the runtime is not to blame.
            waited += before.elapsed().min(self.tick * 2);
            self.seen.set_lag(waited);
            if waited >= self.threshold && question.answer() == Answer::Open {
                self.set_stalled(true);
            }
        }
    }

    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        // A late answer's wake-up ends a wait early.
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if self.is_ended() {
                return;
            }
            park_timeout(left);
        }
    }

    fn is_ended(&self) -> bool {
        self.seen.ended.load(Ordering::Acquire) || self.shared.strong_count() == 0
    }

    fn set_stalled(&mut self, stalled: bool) {
        if self.stalled == stalled {
            return;
        }
        self.stalled = stalled;
        let Some(shared) = self.shared.upgrade() else { return };
        shared.count_stalled(stalled);
        let lag = self.seen.lag().as_secs_f64();
        if stalled {
            tracing::error!(lag, "the runtime stalls: no worker gets to a new task");
        } else {
            tracing::warn!(lag, "the runtime does its work again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Health;

    #[test]
    fn the_thread_ends_with_what_it_looks_at() {
        for _ in 0..10 {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
            let health = Health::builder("s", "1").build().unwrap();
            let watchdog = health.watch(runtime.handle(), Duration::from_millis(20)).unwrap();
            drop(runtime);
            let began = Instant::now();
            while !watchdog.thread.as_ref().unwrap().is_finished() {
                assert!(began.elapsed() < Duration::from_secs(10), "it goes on without a runtime");
                thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(watchdog.lag(), Duration::ZERO);
        }
    }
}
