//! What the service adds to the page.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A fact of the service, such as the size of a queue.
#[derive(Clone)]
pub(crate) struct StatusFact {
    pub(crate) name: &'static str,
    pub(crate) value: Arc<dyn Fn() -> String + Send + Sync>,
}

impl StatusFact {
    /// None where it panics, which ends neither the page nor the history.
    pub(crate) fn ask(&self) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| (self.value)())).ok()
    }
}

impl fmt::Debug for StatusFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusFact").field("name", &self.name).finish_non_exhaustive()
    }
}
