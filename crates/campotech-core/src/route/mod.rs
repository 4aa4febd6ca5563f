//! Which route a request took: as its router says, or as a layer names it for routers that don't.

mod grpc;
mod layer;
mod matched;

pub use grpc::GrpcRoutes;
pub use layer::{NameRoute, RouteLayer, RouteService};
pub use matched::{Route, matched_route};
