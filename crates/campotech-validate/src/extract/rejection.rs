//! A refusal on its way out of an extractor.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use campotech_core::{Language, RequestId};
use http::request::Parts;

use crate::report::{ObserverExtension, Rejection};

/// Refused input, with what the answer needs of its request: the language, and the id.
#[derive(Debug, Clone)]
pub struct InputRejection {
    rejection: Rejection,
    language: Language,
    id: Option<RequestId>,
}

impl InputRejection {
    /// A refusal of the request with these parts, reported to its observer. Handlers make one of what only they can
    /// know, by [`Rejection::of_body`] or [`Rejection::of_query`].
    #[must_use]
    pub fn new(rejection: Rejection, parts: &Parts) -> Self {
        ObserverExtension::report(&parts.extensions, &rejection);
        let language = Language::negotiate(&parts.headers);
        let rejection = rejection.for_method(&parts.method);
        Self { rejection, language, id: RequestId::of(&parts.extensions).cloned() }
    }

    /// The refusal.
    #[must_use]
    pub const fn rejection(&self) -> &Rejection {
        &self.rejection
    }
}

impl IntoResponse for InputRejection {
    fn into_response(self) -> Response {
        let problem = self.rejection.problem(self.language);
        problem.into_response_in(self.language, self.id.as_ref()).map(Body::from)
    }
}
