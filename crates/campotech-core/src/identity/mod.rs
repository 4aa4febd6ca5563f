//! Who asks, which request this is, and which route it took: request extensions that every layer below may read.

mod client;
mod request_id;
mod route;
mod trace;

pub use client::{ClientIp, ClientNetwork, PeerAddr};
pub use request_id::RequestId;
pub use route::{Route, matched_route};
pub use trace::TraceId;
