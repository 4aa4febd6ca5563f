//! Watches a pool.

use std::fmt;
use std::num::NonZeroU32;

use campotech_core::Measure;

use super::{PoolUsage, Streak};
use crate::{Check, CheckResult, Reason};

/// Tells when a pool is used up, of connections, permits or workers: all are lent out, and callers wait, for several runs
/// in a row. Then it is degraded, reason `saturated`.
///
/// The check of a PostgreSQL database watches its pool by itself.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use campotech_health::{Check, Health, PoolCheck, PoolUsage};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (busy, waiting) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
/// let workers = PoolCheck::new("workers", move || PoolUsage {
///     max: 8,
///     in_use: busy.load(Ordering::Relaxed),
///     waiting: waiting.load(Ordering::Relaxed),
/// });
/// let health = Health::builder("jobs-api", "1.4.2").check(workers.degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// A pool that 2 runs in a row find full is saturated.
#[must_use]
pub struct PoolCheck<F> {
    name: String,
    read: F,
    streak: Streak,
}

impl<F: Fn() -> PoolUsage + Send + Sync + 'static> PoolCheck<F> {
    /// Watches the pool that `read` tells of. It must not block.
    pub fn new(name: impl Into<String>, read: F) -> Self {
        Self { name: name.into(), read, streak: Streak::new() }
    }

    /// How many runs in a row have to find the pool full.
    pub const fn with_saturated_after(mut self, runs: NonZeroU32) -> Self {
        self.streak.threshold = runs;
        self
    }
}

impl<F: Fn() -> PoolUsage + Send + Sync + 'static> Check for PoolCheck<F> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let usage = (self.read)();
        let result = if self.streak.seen(usage.is_full()) {
            CheckResult::degraded(Reason::Saturated).with_message(usage)
        } else {
            CheckResult::ok()
        };
        match usage.ratio() {
            Some(ratio) => result.with_measure(Measure::UsedRatio, ratio),
            None => result,
        }
    }
}

impl<F> fmt::Debug for PoolCheck<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolCheck")
            .field("name", &self.name)
            .field("streak", &self.streak)
            .finish_non_exhaustive()
    }
}
