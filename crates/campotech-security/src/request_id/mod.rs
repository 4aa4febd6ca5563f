//! Which request this is, and which trace it belongs to.

mod future;
mod layer;
mod service;

pub use future::RequestIdFuture;
pub use layer::RequestIdLayer;
pub use service::RequestIdService;
