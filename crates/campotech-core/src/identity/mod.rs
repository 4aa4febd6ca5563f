//! Who asks, and which request this is: request extensions that every layer below may read.

mod client;
mod request_id;
mod sampling;
mod span;
mod trace;
mod trace_context;
mod trace_state;

pub use client::{ClientIp, ClientNetwork, PeerAddr};
pub use request_id::RequestId;
pub use sampling::Sampling;
pub use span::SpanId;
pub use trace::TraceId;
pub(crate) use trace_context::TRACEPARENT;
pub use trace_context::TraceContext;
pub(crate) use trace_state::TRACESTATE;
pub use trace_state::TraceState;
