//! The answer to a scrape: made by a thread of its own, shared by those who ask at the same time.

mod clerk;
mod coding;
mod deadline;
mod desk;
mod endpoint;
mod future;
mod seated;

pub(crate) use desk::Desk;
pub use endpoint::MetricsEndpoint;
pub use future::ScrapeFuture;
