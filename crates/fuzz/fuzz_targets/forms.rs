//! The body gate before forms: what gets through has one reading.
#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use campotech_core::RawBody;
use campotech_fuzz::{Body, Inside, Last, answer, decoded};
use campotech_security::inspect::InspectLayer;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower::Layer;

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=b";

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    if body.is_empty() {
        return;
    }
    let media = if first % 2 == 0 { FORM } else { PARTS };
    let last = Last::default();
    let mut request = Request::new(Body::default());
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("a"));
    headers.insert("content-type", HeaderValue::from_static(media));
    request.extensions_mut().insert(RawBody(Bytes::copy_from_slice(body)));
    let layer = InspectLayer::new().with_observer(Arc::new(last.clone()));
    let inside = Inside::default();
    answer(layer.layer(inside.service()), request);
    let (passed, refused) = (inside.seen().is_some(), last.refusal());
    assert_eq!(passed, refused.is_none(), "{refused:?}");
    if !passed {
        return;
    }
    if media == FORM {
        assert!(std::str::from_utf8(&decoded(body)).is_ok());
    } else {
        assert!(holds(body, b"--b--") && holds(body, b"name"));
    }
});

fn holds(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
