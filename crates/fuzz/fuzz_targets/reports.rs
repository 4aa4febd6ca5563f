//! Browsers' reports: anybody may send anything.
#![no_main]

use bytes::Bytes;
use campotech_fuzz::{Body, answer};
use campotech_security::reports::ReportSink;
use http::{HeaderValue, Method, Request};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let media = ["application/reports+json", "application/csp-report", "application/json", "text/plain"];
    let media = media[usize::from(*first) % media.len()];
    let mut request = Request::new(Body::new(Bytes::copy_from_slice(body)));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert("content-type", HeaderValue::from_static(media));
    let status = answer(ReportSink::new(), request).status().as_u16();
    match status {
        204 => {
            let text = std::str::from_utf8(body).expect("UTF-8");
            assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "{media}");
        }
        400 => {}
        413 => assert!(body.len() > 64 << 10),
        415 => assert!(!media.ends_with("reports+json") && !media.ends_with("csp-report"), "{media}"),
        other => panic!("{media}: {other}"),
    }
});
