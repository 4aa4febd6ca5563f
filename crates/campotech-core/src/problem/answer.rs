//! A problem on its way to the client.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Fault, Language, Localized, ProblemKind};
use crate::body::AnswerBody;
use crate::identity::RequestId;

/// A refusal or failure, rendered late: the language and the request's id come from the request.
///
/// Middleware has the request at hand and calls [`answer`](Self::answer). A handler only returns the problem (feature
/// `axum`); the response then carries it as an extension too, so that a layer outside can render it again for the
/// request.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: &'static ProblemKind,
    detail: Option<Localized>,
    faults: Vec<Fault>,
    truncated: bool,
    members: Map<String, Value>,
    headers: HeaderMap,
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "type")]
    uri: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

impl Problem {
    /// A problem of `kind`, with the kind's own detail.
    #[must_use]
    pub fn new(kind: &'static ProblemKind) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: None,
            faults: Vec::new(),
            truncated: false,
            members: Map::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// Replaces the kind's detail. The text is fixed at compile time, so it can't repeat the input.
    #[must_use]
    pub fn with_detail(mut self, detail: Localized) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// Sets `errors`, and `truncated` where there were more faults than are listed.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>, truncated: bool) -> Self {
        self.0.faults = faults;
        self.0.truncated = truncated;
        self
    }

    /// Adds an extension member, such as `violated-policies`; the names of RFC 9457 itself are left alone.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: Value) -> Self {
        if !matches!(name, "type" | "title" | "status" | "detail" | "instance" | "errors" | "truncated") {
            self.0.members.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds a header to the answer, such as `Retry-After`, `Allow`, `Accept`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &'static ProblemKind {
        self.0.kind
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.kind.status
    }

    /// The faults of the input.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// Answers the request with these headers and extensions: its language, and its id as `instance`.
    #[must_use]
    pub fn answer<B>(&self, headers: &HeaderMap, extensions: &Extensions) -> Response<AnswerBody<B>> {
        self.into_response_in(Language::negotiate(headers), RequestId::of(extensions)).map(AnswerBody::answer)
    }

    /// The response in `language`; `id` becomes `instance`.
    #[must_use]
    pub fn into_response_in(&self, language: Language, id: Option<&RequestId>) -> Response<Bytes> {
        let parts = &*self.0;
        let wire = Wire {
            uri: parts.kind.uri,
            title: parts.kind.title.get(language),
            status: parts.kind.status.as_u16(),
            detail: parts.detail.as_ref().unwrap_or(&parts.kind.detail).get(language),
            instance: id.map(|id| format!("urn:campotech:request:{id}")),
            errors: &parts.faults,
            truncated: parts.truncated,
            members: &parts.members,
        };
        // Strings, numbers and string-keyed maps always serialise.
        let body = Bytes::from(serde_json::to_vec(&wire).unwrap_or_default());
        let mut response = Response::new(body);
        *response.status_mut() = parts.kind.status;
        let headers = response.headers_mut();
        headers.reserve(5 + parts.headers.len());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        headers.extend(parts.headers.clone());
        let length = response.body().len();
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        if parts.kind.status.is_server_error() {
            // For the layer that reports failures: whether this one is news depends on its kind.
            response.extensions_mut().insert(parts.kind);
        }
        response
    }
}

impl From<&'static ProblemKind> for Problem {
    fn from(kind: &'static ProblemKind) -> Self {
        Self::new(kind)
    }
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.into_response_in(Language::En, None).map(axum::body::Body::from);
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;
    use serde_json::json;

    use super::super::{FaultLocation, kinds};
    use super::*;

    fn body(response: &Response<Bytes>) -> Value {
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn a_problem_has_every_member_of_the_rfc() {
        let id = RequestId::generate();
        let response = Problem::new(&kinds::NOT_FOUND).into_response_in(Language::En, Some(&id));
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let body = body(&response);
        assert_eq!(body["type"], "urn:campotech:problem:not-found");
        assert_eq!(body["status"], 404);
        assert_eq!(body["instance"], format!("urn:campotech:request:{id}"));
        assert!(body["title"].is_string() && body["detail"].is_string());
    }

    #[test]
    fn faults_members_and_headers_are_kept() {
        let fault = Fault {
            location: FaultLocation::Pointer("#/a/0".into()),
            code: "length.max".into(),
            params: json!({"max": 3}).as_object().unwrap().clone(),
            detail: "at most 3".into(),
        };
        let query = Fault { location: FaultLocation::Query("limit".into()), ..fault.clone() };
        let problem = Problem::new(&kinds::QUOTA_EXCEEDED)
            .with_faults(vec![fault, query], true)
            .with_member("violated-policies", json!(["auth"]))
            .with_member("status", json!(200))
            .with_header(RETRY_AFTER, HeaderValue::from_static("7"));
        let response = problem.into_response_in(Language::EsAr, None);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert_eq!(response.headers()[CONTENT_LANGUAGE], "es-AR");
        let body = body(&response);
        assert_eq!(body["status"], 429);
        assert_eq!(body["violated-policies"], json!(["auth"]));
        assert_eq!(body["truncated"], true);
        assert_eq!(
            body["errors"],
            json!([
                {"pointer": "#/a/0", "code": "length.max", "params": {"max": 3}, "detail": "at most 3"},
                {"in": "query", "name": "limit", "code": "length.max", "params": {"max": 3}, "detail": "at most 3"},
            ])
        );
    }
}
