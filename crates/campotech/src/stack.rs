//! The order of the request path. It lives here and nowhere else; `tests/stack.rs` proves it.

use axum::Router;
use campotech_metrics::Metrics;
use campotech_security::cors::CrossOriginLayer;
use campotech_security::csrf::CsrfLayer;
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::SecurityHeadersLayer;
use campotech_security::identity::IdentityLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::payload::PayloadLayer;
use campotech_security::rate_limit::RateLimitLayer;
use campotech_sentry::SentryLayer;
use tower::ServiceBuilder;

use crate::access_log::AccessLogLayer;
use crate::problems::ProblemLayer;

/// The layers, built and ready.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) identity: IdentityLayer,
    pub(crate) metrics: Metrics,
    pub(crate) headers: SecurityHeadersLayer,
    pub(crate) cors: CrossOriginLayer,
    pub(crate) csrf: CsrfLayer,
    pub(crate) errors: SentryLayer,
    pub(crate) overload: OverloadLayer,
    pub(crate) rate_limit: RateLimitLayer,
    pub(crate) deadline: HandlerDeadlineLayer,
    pub(crate) payload: PayloadLayer<axum::body::Body>,
    pub(crate) inspect: InspectLayer,
}

impl Stack {
    /// Puts the whole path around the routes, inside the router, so that each layer knows the matched route.
    pub(crate) fn around(&self, routes: Router) -> Router {
        let path = ServiceBuilder::new()
            .layer(self.identity.clone()) // 1 and 2: everything below knows who asks, and which request it is
            .layer(AccessLogLayer) //    a line for every answer, also for refusals
            .layer(self.metrics.layer()) // 3: counts every answer, also refusals and cancels
            .layer(self.headers.clone()) // 4: on every answer, also on refusals and panics
            .layer(self.cors.clone()) // 5: a preflight ends here, before it costs quota
            .layer(self.csrf.clone()) //    and a forged cross-site request
            .layer(self.errors.clone()) // 6: a panic below becomes a 500 that still passes 1 to 5
            .layer(self.overload.clone()) // 7: sheds before work is queued
            .layer(self.rate_limit.clone()) // 8: nobody makes us read a body for free
            .layer(self.payload.clone()) // 9: size, deadline and coding; the body is whole from here on
            .layer(self.inspect.clone()) // 10: structure and content of path, query, headers and body
            .layer(self.deadline.clone()) //     the handler's own time starts with its body at hand
            .layer(ProblemLayer); // 11: what the handler answers, in the request's language
        routes.layer(path)
    }

    /// The path of the ops routes: no shedding, no limits, no inspection, and own metrics.
    pub(crate) fn around_ops(&self, routes: Router) -> Router {
        let path = ServiceBuilder::new()
            .layer(self.identity.clone())
            .layer(self.metrics.ops_layer())
            .layer(self.headers.clone())
            .layer(self.errors.clone().with_server_errors(false).for_ops())
            .layer(ProblemLayer);
        routes.layer(path)
    }
}
