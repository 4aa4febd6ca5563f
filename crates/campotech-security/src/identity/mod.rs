//! Who asks and which request it is, found out in one step.

mod layer;
mod service;

pub use layer::IdentityLayer;
pub use service::IdentityService;
