//! The trait of a check, and its object-safe twin.

use std::future::Future;
use std::pin::Pin;

use super::{CheckResult, Component, Criticality};

/// Asks one dependency how it is.
///
/// Runs in the background, never on a request, and never twice at a time. A run is dropped when its deadline is over,
/// so it must be fine with that; it must not block its thread.
pub trait Check: Send + Sync + 'static {
    /// The name of the component: 1 to 63 characters `a-z`, `0-9`, `_`, `-` that start with a letter.
    fn name(&self) -> &str;

    /// One run.
    fn run(&self) -> impl Future<Output = CheckResult> + Send;

    /// Whether this asks another service that may in turn ask us. Such components don't count in the answer to a
    /// health check, so that services that watch each other don't keep each other down.
    fn is_peer(&self) -> bool {
        false
    }

    /// The service can't work without it: failing, it makes the service unready.
    fn critical(self) -> Component
    where
        Self: Sized,
    {
        Component::new(self, Criticality::Critical)
    }

    /// The service works worse without it: failing, it makes the service degraded, and it stays ready.
    fn degrading(self) -> Component
    where
        Self: Sized,
    {
        Component::new(self, Criticality::Degrading)
    }

    /// Shown, and of no influence on the service's status.
    fn informational(self) -> Component
    where
        Self: Sized,
    {
        Component::new(self, Criticality::Informational)
    }
}

/// [`Check`] as an object.
pub(crate) trait ErasedCheck: Send + Sync {
    fn run_boxed(&self) -> Pin<Box<dyn Future<Output = CheckResult> + Send + '_>>;
}

impl<C: Check> ErasedCheck for C {
    fn run_boxed(&self) -> Pin<Box<dyn Future<Output = CheckResult> + Send + '_>> {
        // The block puts a panic of `run` itself into the future, where it is caught.
        Box::pin(async move { self.run().await })
    }
}
