//! Who the client is, behind the proxies that are trusted.
//!
//! A forwarding header counts only if the connection's peer is a trusted proxy. Its entries are walked from the right,
//! trusted ones are skipped, and the first that is untrusted is the client; what stands further left was written by
//! that client, so it is never looked at. An entry that can't be read ends the walk at the last trusted hop.

mod forwarded;
mod layer;
mod proxies;
mod service;
mod walk;
mod x_forwarded;

pub use layer::{ClientIpLayer, ForwardingHeader};
pub use proxies::TrustedProxies;
pub use service::ClientIpService;
pub(crate) use walk::Told;
