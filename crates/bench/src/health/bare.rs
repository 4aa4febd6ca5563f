//! The floor: a handler that answers with the same headers and as many bytes.

use std::future::ready;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::Full;

use super::IDLE;
use super::ours::running;
use super::served::served;
use crate::{Case, Subject};

pub const LIVE: &str = "health.bare_live";
pub const FULL: &str = "health.bare_full";

/// As `LIVE`, and less: it does not say what it answers with.
pub const NO_HEADERS: &str = "health.bare_live_without_headers";

pub const CASES: &[Case] = &[
    Case { name: LIVE, floor: IDLE, begin: || bare("/live") },
    Case { name: FULL, floor: IDLE, begin: || bare("/health") },
    Case { name: NO_HEADERS, floor: IDLE, begin: without_headers },
];

fn bare(path: &'static str) -> Subject {
    let body = as_long_as(path);
    served(path, move |_| {
        let mut response = Response::new(Full::new(body.clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        ready(Ok(response))
    })
}

fn without_headers() -> Subject {
    let body = as_long_as("/live");
    served("/live", move |_| ready(Ok(Response::new(Full::new(body.clone())))))
}

/// As many bytes as our answer has.
///
/// # Panics
/// It has no length.
fn as_long_as(path: &str) -> Bytes {
    let (_checks, service) = running();
    let request = Request::get(path).body(()).expect("a request");
    let length = service.respond(&request).body().size_hint().exact().expect("a length");
    Bytes::from(vec![b'x'; usize::try_from(length).expect("a length")])
}
