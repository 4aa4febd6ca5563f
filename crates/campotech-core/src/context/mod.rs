//! The request that is worked on: reachable from code that has no request at hand, and sent on to what it calls.

#[cfg(feature = "axum")]
mod extract;
mod future;
mod lookup;
mod propagate;
mod request;
mod stored;

pub(crate) use future::is_in_request;
pub use future::{ContextFuture, in_current};
pub use propagate::{PropagateTraceLayer, PropagateTraceService};
pub use request::{RequestContext, recorded_trace};
