//! Routes of gRPC.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;

use super::{NameRoute, Route};

/// The methods that a gRPC server has: each is a route, and nothing else that clients ask for is.
///
/// ```
/// use campotech_core::{GrpcRoutes, NameRoute};
/// use http::Method;
///
/// let routes = GrpcRoutes::new().with_service("grpc.health.v1.Health", ["Check", "Watch"]);
/// let named = |path| routes.route(&Method::POST, path).map(|route| route.0.to_string());
/// assert_eq!(named("/grpc.health.v1.Health/Check").as_deref(), Some("/grpc.health.v1.Health/Check"));
/// assert_eq!(named("/grpc.health.v1.Health/Invented"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct GrpcRoutes(Arc<HashMap<Arc<str>, Route>>);

impl GrpcRoutes {
    /// No methods.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the methods of a service; `service` is its full name, as tonic's `NamedService::NAME` has it.
    #[must_use]
    pub fn with_service<'a>(mut self, service: &str, methods: impl IntoIterator<Item = &'a str>) -> Self {
        let paths = methods.into_iter().map(|method| Arc::<str>::from(format!("/{service}/{method}")));
        Arc::make_mut(&mut self.0).extend(paths.map(|path| (Arc::clone(&path), Route(path))));
        self
    }
}

impl NameRoute for GrpcRoutes {
    fn route(&self, _: &Method, path: &str) -> Option<Route> {
        self.0.get(path).cloned()
    }
}
