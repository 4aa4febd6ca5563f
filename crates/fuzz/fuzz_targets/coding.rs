//! Bodies in a coding: never more than the limit.
#![no_main]

use bytes::Bytes;
use campotech_core::RawBody;
use campotech_fuzz::{Body, Inside, answer};
use campotech_security::payload::PayloadLayer;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower::Layer;

const LIMIT: usize = 4_096;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let coding = ["gzip", "br", "deflate", "zstd"][usize::from(*first) % 4];
    let inside = Inside::default();
    let mut request = Request::new(Body::new(Bytes::copy_from_slice(body)));
    request.headers_mut().insert("content-encoding", HeaderValue::from_static(coding));
    let answer = answer(PayloadLayer::<Body>::new(LIMIT).layer(inside.service()), request);
    match (answer.status().as_u16(), inside.seen()) {
        (200, Some(request)) => {
            let length = request.extensions().get::<RawBody>().map_or(0, |raw| raw.0.len());
            assert!(length <= LIMIT, "{coding}: {length}");
            assert!(!request.headers().contains_key("content-encoding") || body.is_empty());
        }
        (400 | 413, None) => {}
        other => panic!("{coding}: {other:?}"),
    }
});
