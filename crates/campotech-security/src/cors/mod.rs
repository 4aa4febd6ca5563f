//! Which other sites' scripts may read our answers (CORS, Fetch standard section 3.3).

mod future;
mod layer;
mod origins;
pub(crate) mod same_origin;
mod service;

pub use future::CrossOriginFuture;
pub use layer::CrossOriginLayer;
pub use origins::OriginList;
pub use service::CrossOriginService;
