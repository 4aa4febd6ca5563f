//! Watches a queue.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_core::Measure;

use super::{Backlog, Streak};
use crate::{Check, CheckResult, Reason};

/// Tells when too much waits in a queue, or something for too long, for several runs in a row. Then it is degraded, reason
/// `saturated`: what is queued comes late, and the rest is as fast as ever.
///
/// A queue that can't be read is what its error says: a [`Reason`], or a [`CheckResult`] where the log is to have words.
///
/// ```
/// use std::time::Duration;
///
/// use campotech_health::{Backlog, Check, Health, QueueCheck, Reason};
///
/// # async fn count_jobs() -> Result<(u64, Option<Duration>), std::io::Error> { Ok((0, None)) }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let jobs = QueueCheck::new("jobs", || async {
///     let (depth, oldest_age) = count_jobs().await.map_err(|_| Reason::Unreachable)?;
///     Ok::<_, Reason>(Backlog { depth, oldest_age })
/// })
/// .with_max_depth(1_000)
/// .with_max_age(Duration::from_secs(600));
/// let health = Health::builder("jobs-api", "1.4.2").check(jobs.degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// Neither a greatest depth nor a greatest age: it reads and judges nothing. Two runs in a row have to find too much.
#[must_use]
pub struct QueueCheck<F> {
    name: String,
    read: F,
    max_depth: Option<u64>,
    max_age: Option<Duration>,
    streak: Streak,
}

impl<F, Fut, E> QueueCheck<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Backlog, E>> + Send,
    E: Into<CheckResult>,
{
    /// Watches the queue that `read` asks.
    pub fn new(name: impl Into<String>, read: F) -> Self {
        Self { name: name.into(), read, max_depth: None, max_age: None, streak: Streak::new() }
    }
}

impl QueueCheck<()> {
    /// Watches the queue that `read` knows of at once, such as one in memory. It must not block.
    ///
    /// ```
    /// use campotech_health::{Backlog, QueueCheck, Reason};
    ///
    /// # fn waiting() -> u64 { 3 }
    /// let mails = QueueCheck::sync("mails", || {
    ///     Ok::<_, Reason>(Backlog { depth: waiting(), oldest_age: None })
    /// })
    /// .with_max_depth(100);
    /// ```
    pub fn sync<G, E>(
        name: impl Into<String>,
        read: G,
    ) -> QueueCheck<impl Fn() -> Ready<Result<Backlog, E>> + Send + Sync + 'static>
    where
        G: Fn() -> Result<Backlog, E> + Send + Sync + 'static,
        E: Into<CheckResult> + Send + 'static,
    {
        QueueCheck::new(name, move || ready(read()))
    }
}

impl<F> QueueCheck<F> {
    /// As many entries may wait.
    pub const fn with_max_depth(mut self, entries: u64) -> Self {
        self.max_depth = Some(entries);
        self
    }

    /// As long may the oldest entry wait.
    pub const fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How many runs in a row have to find too much.
    pub const fn with_saturated_after(mut self, runs: NonZeroU32) -> Self {
        self.streak.threshold = runs;
        self
    }

    fn judge(&self, backlog: Backlog) -> CheckResult {
        let Backlog { depth, oldest_age } = backlog;
        let deep = self.max_depth.is_some_and(|most| depth > most);
        let old = self.max_age.zip(oldest_age).is_some_and(|(most, age)| age > most);
        let result = if self.streak.seen(deep || old) {
            let age = oldest_age.unwrap_or_default();
            CheckResult::degraded(Reason::Saturated)
                .with_message(format_args!("{depth} entries wait, the oldest for {age:?}"))
        } else {
            CheckResult::ok()
        };
        let result = result.with_measure(Measure::QueueDepth, depth as f64);
        // Of an empty queue too: the age that was read before it was worked off would stay for ever.
        match oldest_age.or((depth == 0).then_some(Duration::ZERO)) {
            Some(age) => result.with_measure(Measure::QueueAge, age.as_secs_f64()),
            None => result,
        }
    }
}

impl<F, Fut, E> Check for QueueCheck<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Backlog, E>> + Send,
    E: Into<CheckResult>,
{
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        // An error says nothing of what waits, so the count of runs stays.
        match (self.read)().await {
            Ok(backlog) => self.judge(backlog),
            Err(error) => error.into(),
        }
    }
}

impl<F> fmt::Debug for QueueCheck<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueCheck")
            .field("name", &self.name)
            .field("max_depth", &self.max_depth)
            .field("max_age", &self.max_age)
            .field("streak", &self.streak)
            .finish_non_exhaustive()
    }
}
