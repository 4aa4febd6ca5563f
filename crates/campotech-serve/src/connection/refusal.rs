//! What a request is answered with where the server is full, and what all answers have that no layer sees.

use bytes::Bytes;
use campotech_core::{Language, Problem, kinds};
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response};

/// Seconds until a client should try again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// No layer sees the refusal, so what layers say of every answer is said here.
const SECURITY: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// As the security layer's default, on a TLS listener.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// 503 `temporary-reduced-capacity`, in the request's language.
pub(super) fn refusal(headers: &HeaderMap, over_tls: bool) -> Response<Bytes> {
    let problem =
        Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY).with_header(RETRY_AFTER, RETRY_AFTER_SECONDS);
    let mut response = problem.into_response_in(Language::negotiate(headers), None);
    dress(response.headers_mut(), over_tls);
    response
}

/// Puts on an answer what every answer has.
pub(super) fn dress(headers: &mut HeaderMap, over_tls: bool) {
    headers.extend(SECURITY);
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
