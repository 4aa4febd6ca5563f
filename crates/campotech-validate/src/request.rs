//! A request's own head and body, whatever the framework: what the extractors do, as functions.
//!
//! They take a request in its two halves, so that the head is still there to answer with. A body is judged by its
//! headers before any of it is read, then read up to the limit; the payload layer's [`RawBody`] is taken where there is
//! one, and a [`Limits`] among the extensions replaces the defaults.
//!
//! ```
//! use campotech_validate::{input, request, PlainText};
//! # use bytes::Bytes;
//! # use http::{Request, Response};
//! # use http_body_util::Full;
//! # type Body = campotech_core::AnswerBody<Full<Bytes>>;
//!
//! input! {
//!     /// A note.
//!     pub struct Note { pub text: PlainText<80> }
//! }
//!
//! async fn handle(request: Request<Full<Bytes>>) -> Response<Body> {
//!     let (parts, body) = request.into_parts();
//!     match request::read_json::<Note, _>(&parts, body).await {
//!         Ok(note) => Response::new(Body::inner(Full::from(note.text.to_string()))),
//!         Err(rejection) => rejection.answer(&parts.headers, &parts.extensions),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let request = Request::post("/notes").header("content-type", "text/plain").body(Full::default()).unwrap();
//! assert_eq!(handle(request).await.status(), 415);
//! # }
//! ```

use bytes::Bytes;
use campotech_core::RawBody;
use http::request::Parts;
use http_body::Body;

use crate::entry::{validate_form, validate_headers, validate_json, validate_multipart, validate_query};
use crate::input::{Fields, Input};
use crate::layer::collect::Collect;
use crate::limits::Limits;
use crate::media::{check_form, check_identity, check_json, check_multipart};
use crate::report::Rejection;
use crate::valid::Valid;

/// Reads a JSON body.
///
/// # Errors
/// As [`validate_json`], and 415 for the content type or a content coding.
pub async fn read_json<T: Input, B: Body<Data = Bytes>>(
    parts: &Parts,
    body: B,
) -> Result<Valid<T>, Rejection> {
    check_json(&parts.headers).map_err(|rejection| rejection.for_method(&parts.method))?;
    let limits = limits_of(parts);
    validate_json(&bytes_of(parts, body, limits).await?, &limits)
}

/// Reads the body of a form.
///
/// # Errors
/// As [`validate_form`], and 415 for the content type or a content coding.
pub async fn read_form<T: Fields, B: Body<Data = Bytes>>(
    parts: &Parts,
    body: B,
) -> Result<Valid<T>, Rejection> {
    check_form(&parts.headers).map_err(|rejection| rejection.for_method(&parts.method))?;
    let limits = limits_of(parts);
    validate_form(&bytes_of(parts, body, limits).await?, &limits)
}

/// Reads a multipart body.
///
/// # Errors
/// As [`validate_multipart`], and 415 for the content type or a content coding.
pub async fn read_multipart<T: Fields, B: Body<Data = Bytes>>(
    parts: &Parts,
    body: B,
) -> Result<Valid<T>, Rejection> {
    let boundary = check_multipart(&parts.headers);
    let boundary = boundary.map_err(|rejection| rejection.for_method(&parts.method))?;
    let limits = limits_of(parts);
    validate_multipart(&bytes_of(parts, body, limits).await?, boundary, &limits)
}

/// Reads the query string.
///
/// # Errors
/// As [`validate_query`].
pub fn read_query<T: Fields>(parts: &Parts) -> Result<Valid<T>, Rejection> {
    validate_query(parts.uri.query().unwrap_or(""))
}

/// Reads the headers that `T` names.
///
/// # Errors
/// As [`validate_headers`].
pub fn read_headers<T: Fields>(parts: &Parts) -> Result<Valid<T>, Rejection> {
    validate_headers(&parts.headers)
}

fn limits_of(parts: &Parts) -> Limits {
    parts.extensions.get().copied().unwrap_or_default()
}

async fn bytes_of<B: Body<Data = Bytes>>(parts: &Parts, body: B, limits: Limits) -> Result<Bytes, Rejection> {
    if let Some(RawBody(bytes)) = parts.extensions.get() {
        return Ok(bytes.clone());
    }
    check_identity(&parts.headers)?;
    Collect::new(body, limits.bytes()).await
}
