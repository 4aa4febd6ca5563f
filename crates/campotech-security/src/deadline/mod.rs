//! A deadline for the handler.

mod layer;
mod service;

pub use layer::HandlerDeadlineLayer;
pub use service::{HandlerDeadlineFuture, HandlerDeadlineService};
