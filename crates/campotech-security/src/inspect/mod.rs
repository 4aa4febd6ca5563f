//! The structural gate: refuses what is malformed, ambiguous or too deep, and never changes a byte.

mod finding;
mod head;
mod json;
mod layer;
mod percent;
mod service;

pub use json::JsonLimits;
pub use layer::{DuplicateParameters, InspectLayer};
pub use service::{InspectFuture, InspectService};
