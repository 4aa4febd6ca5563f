//! The route a request took.

use std::sync::Arc;

use http::Extensions;

/// The template of the matched route, such as `/api/v1/jobs/{id}`; set by routers that are not axum.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route(pub Arc<str>);

/// The matched route template of a request, if a router told: [`Route`], or (feature `axum`) axum's `MatchedPath`.
///
/// Never the raw path: that one is the client's to choose, so it can't be a label.
#[must_use]
pub fn matched_route(extensions: &Extensions) -> Option<&str> {
    #[cfg(feature = "axum")]
    if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
        return Some(path.as_str());
    }
    extensions.get::<Route>().map(|route| &*route.0)
}
