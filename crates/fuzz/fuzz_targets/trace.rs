//! Ids that are taken over, and those that are not.
#![no_main]

use campotech_core::{PeerAddr, RequestId, TraceContext};
use campotech_fuzz::{Body, Inside, answer, pieces, value};
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::request_id::RequestIdLayer;
use http::Request;
use libfuzzer_sys::fuzz_target;
use tower::Layer;

fuzz_target!(|data: &[u8]| {
    let [id, parent, state] = pieces(data);
    let (Some(id), Some(parent), Some(state)) = (value(id), value(parent), value(state)) else { return };
    if let Some(context) = parent.to_str().ok().and_then(TraceContext::from_traceparent) {
        let written = context.header_value();
        let again = written.to_str().ok().and_then(TraceContext::from_traceparent);
        assert_eq!(again.map(|again| again.traceparent()), Some(context.traceparent()));
    }
    let Ok(proxies) = TrustedProxies::parse("10.0.0.0/8") else { return };
    for (peer, trusted) in [([10, 0, 0, 1], true), ([198, 51, 100, 9], false)] {
        let (inside, mut request) = (Inside::default(), Request::new(Body::default()));
        let headers = request.headers_mut();
        headers.insert("x-request-id", id.clone());
        headers.insert("traceparent", parent.clone());
        headers.insert("tracestate", state.clone());
        request.extensions_mut().insert(PeerAddr((peer, 4711).into()));
        let service =
            ClientIpLayer::new(proxies.clone()).layer(RequestIdLayer::new().layer(inside.service()));
        let told = answer(service, request).headers()["x-request-id"].clone();
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!((1..=128).contains(&told.len()) && told.as_bytes().iter().all(fine), "{told:?}");
        assert_eq!(told == id, trusted && RequestId::adopt(&id).is_some());
        let seen = inside.seen().map(|request| request.headers()["x-request-id"].clone());
        assert_eq!(seen.as_ref(), Some(&id), "the inbound header is left as it was");
    }
});
