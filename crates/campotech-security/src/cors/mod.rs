//! Which other sites' scripts may read our answers (CORS, Fetch standard section 3.3).
//!
//! Not by tower-http's layer: that one answers every `OPTIONS` itself, tells origins that it doesn't allow which methods they might
//! have used, and matches subdomains by a predicate on bytes, which `https://evil.test/.example.org` passes.

mod future;
mod layer;
mod origins;
pub(crate) mod same_origin;
mod service;

pub use future::CrossOriginFuture;
pub use layer::CrossOriginLayer;
pub use origins::OriginList;
pub use service::CrossOriginService;
