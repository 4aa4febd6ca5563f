//! A closure as a check.

use std::fmt;
use std::future::Future;

use super::{Check, CheckResult};

/// A check made of a closure by [`check_fn`].
#[derive(Clone)]
pub struct CheckFn<F> {
    name: String,
    run: F,
}

/// A check that calls `run`, whose future answers with a [`CheckResult`] or with `Result<(), Reason>`.
///
/// ```
/// use campotech_health::{Check, Reason, check_fn};
///
/// # fn disk_is_full() -> bool { false }
/// let disk = check_fn("disk", || async {
///     if disk_is_full() { Err(Reason::Saturated) } else { Ok(()) }
/// });
/// assert_eq!(disk.critical().name(), "disk");
/// ```
pub fn check_fn<F, Fut, R>(name: impl Into<String>, run: F) -> CheckFn<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: Into<CheckResult>,
{
    CheckFn { name: name.into(), run }
}

impl<F, Fut, R> Check for CheckFn<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: Into<CheckResult>,
{
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        (self.run)().await.into()
    }
}

impl<F> fmt::Debug for CheckFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckFn").field("name", &self.name).finish_non_exhaustive()
    }
}
