//! The probe routes as a tower service.

mod accept;
mod body;
mod brief;
mod cache;
mod draft;
mod html;
mod layer;
mod render;
mod route;
#[allow(clippy::module_inception, reason = "the service has the folder's name")]
mod service;
mod text;

pub use body::HealthBody;
pub use layer::{HealthFuture, HealthLayer, HealthLayerService};
pub use route::Details;
pub use service::HealthService;

/// The header of a request that is itself a health check. The answer leaves out components that ask other services
/// ([`Check::is_peer`](crate::Check::is_peer)), so that services that watch each other don't keep each other down.
pub const HOP_HEADER: http::HeaderName = http::HeaderName::from_static("x-health-hop");
