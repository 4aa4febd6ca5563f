//! Who asks, and which request this is: request extensions that every layer below may read.

mod client;
mod forwarded_host;
mod hex;
mod request_id;
mod sampling;
mod source;
mod span;
mod trace;
mod trace_context;
mod trace_state;

pub use client::{ClientIp, ClientNetwork, DirectTls, PeerAddr};
pub use forwarded_host::ForwardedHost;
pub use request_id::RequestId;
pub use sampling::Sampling;
pub use span::SpanId;
pub(crate) use trace::TRACEPARENT;
pub use trace::TraceId;
pub use trace_context::TraceContext;
pub(crate) use trace_state::TRACESTATE;
pub use trace_state::TraceState;
