//! The request that is worked on: reachable from code that has no request at hand, and sent on to what it calls.

mod future;
mod propagate;
mod request;
mod stored;

pub use future::{ContextFuture, in_current};
pub use propagate::{PropagateTraceLayer, PropagateTraceService};
pub use request::{RequestContext, recorded_trace};
