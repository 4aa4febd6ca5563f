//! A forged prefix changes nothing.
#![no_main]

use campotech_core::{ClientIp, PeerAddr};
use campotech_fuzz::{Body, Inside, answer, lines};
use campotech_security::client_ip::{ClientIpLayer, ForwardingHeader, TrustedProxies};
use http::{HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower::Layer;

fuzz_target!(|data: &[u8]| {
    let Ok(proxies) = TrustedProxies::parse("10.0.0.0/8, 2001:db8::/32") else { return };
    for (header, name, real) in [
        (ForwardingHeader::XForwardedFor, "x-forwarded-for", "203.0.113.7"),
        (ForwardingHeader::Forwarded, "forwarded", "for=203.0.113.7"),
    ] {
        let layer = ClientIpLayer::new(proxies.clone()).with_header(header);
        let name = HeaderName::from_static(name);
        let Some(mut headers) = lines(&name, data) else { return };
        let client = |headers, peer: [u8; 4]| {
            let (inside, mut request) = (Inside::default(), Request::new(Body::default()));
            *request.headers_mut() = headers;
            request.extensions_mut().insert(PeerAddr((peer, 4711).into()));
            answer(layer.layer(inside.service()), request);
            inside.seen().and_then(|request| request.extensions().get::<ClientIp>().copied())
        };
        // From nobody's proxy nothing is believed.
        let direct = client(headers.clone(), [198, 51, 100, 9]).map(|client| client.ip().to_string());
        assert_eq!(direct.as_deref(), Some("198.51.100.9"));
        // Whatever it is by itself, there is somebody.
        assert!(client(headers.clone(), [10, 0, 0, 1]).is_some());
        headers.append(&name, HeaderValue::from_static(real));
        let behind = client(headers, [10, 0, 0, 1]).map(|client| client.ip().to_string());
        assert_eq!(behind.as_deref(), Some("203.0.113.7"), "{name}");
    }
});
