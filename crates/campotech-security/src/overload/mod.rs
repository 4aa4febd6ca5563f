//! Sheds what is too much before it waits: one shared limit of requests in flight.

mod body;
mod layer;
mod service;

pub use body::OverloadBody;
pub use layer::OverloadLayer;
pub use service::{OverloadFuture, OverloadService};
