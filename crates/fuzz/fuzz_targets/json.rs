//! The body gate beside `serde_json`.
#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use campotech_core::RawBody;
use campotech_fuzz::{Body, Inside, Last, answer};
use campotech_security::inspect::InspectLayer;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower::Layer;

fuzz_target!(|data: &[u8]| {
    if data.is_empty() {
        return;
    }
    let (last, body) = (Last::default(), Bytes::copy_from_slice(data));
    let mut request = Request::new(Body::default());
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("a"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    request.extensions_mut().insert(RawBody(body));
    let layer = InspectLayer::new().with_observer(Arc::new(last.clone()));
    answer(layer.layer(Inside::default().service()), request);
    let read = serde_json::from_slice::<Value>(data);
    match (last.refusal(), read) {
        (None, Ok(_)) => {}
        // How large a number may be is for validation.
        (None, Err(why)) => assert!(why.to_string().starts_with("number out of range"), "{why}"),
        (Some("json.depth"), _) => assert!(nesting(data) > 64),
        (Some("json.nodes"), _) => assert!(data.len() > 10_000),
        (Some("json.key_length"), _) => assert!(data.len() > 256),
        (Some("json.string_length"), _) => assert!(data.len() > 64 << 10),
        (Some("duplicate"), _) => assert!(data.iter().filter(|byte| **byte == b':').count() >= 2),
        (Some("json.bom"), _) => assert!(data.starts_with(b"\xef\xbb\xbf")),
        (Some("json.utf8"), _) => assert!(std::str::from_utf8(data).is_err()),
        (Some(reason), read) => assert!(read.is_err(), "{reason}, and it is JSON"),
    }
});

/// Not less than the depth of any text in it.
fn nesting(data: &[u8]) -> usize {
    data.iter().filter(|byte| matches!(byte, b'[' | b'{')).count()
}
