//! Who is told of refused input.

use std::sync::Arc;

use campotech_core::{Observer, RequestContext, matched_route};
use http::Extensions;

use super::Rejection;

/// The observer as a request extension; extractors and [`ValidateLayer`](crate::ValidateLayer) report to it. Where there is none, to that
/// of the [`RequestContext`], which the request-id layer puts there.
///
/// Of one request each code is reported once.
#[derive(Debug, Clone)]
pub struct ObserverExtension(pub Arc<dyn Observer>);

impl ObserverExtension {
    /// An extension that reports to `observer`.
    pub fn new(observer: impl Observer) -> Self {
        Self(Arc::new(observer))
    }

    pub(crate) fn report(extensions: &Extensions, rejection: &Rejection) {
        let own = extensions.get::<Self>().map(|Self(observer)| observer);
        let of_context = || extensions.get::<RequestContext>().and_then(RequestContext::observer);
        let Some(observer) = own.or_else(of_context) else { return };
        let route = matched_route(extensions);
        let codes: Vec<_> = rejection.issues().iter().map(super::Issue::code).collect();
        for (index, code) in codes.iter().enumerate() {
            if !codes[..index].contains(code) {
                observer.validation_failure(route, code);
            }
        }
    }
}
