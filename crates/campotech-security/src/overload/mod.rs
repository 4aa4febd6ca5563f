//! Sheds what is too much before it waits: one shared limit of requests in flight, and a share of it for each client network.

mod body;
mod layer;
mod limit;
mod service;

pub use body::OverloadBody;
pub use layer::OverloadLayer;
pub use service::{OverloadFuture, OverloadService};
