//! The hub of a request.

use std::sync::Arc;

use sentry::Hub;
use sentry_tower::HubProvider;

/// Gives each request a hub of its own, made from the guard's.
///
/// sentry-tower's own provider makes it from the hub of the thread, which has no client where the thread is older than
/// Sentry, and what a task leaves there would be every later request's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestHub<'a>(pub(crate) &'a Arc<Hub>);

impl<R> HubProvider<Arc<Hub>, R> for RequestHub<'_> {
    fn hub(&self, _request: &R) -> Arc<Hub> {
        Arc::new(Hub::new_from_top(self.0))
    }
}
