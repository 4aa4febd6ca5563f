//! What passes the gate means one thing only.
#![no_main]

use campotech_fuzz::{Body, Inside, answer, decoded, pieces, value};
use campotech_security::inspect::InspectLayer;
use http::{HeaderValue, Request, Uri};
use libfuzzer_sys::fuzz_target;
use tower::Layer;

fuzz_target!(|data: &[u8]| {
    let [target, header] = pieces(data);
    let (Ok(uri), Some(header)) = (Uri::try_from(target), value(header)) else { return };
    let inside = Inside::default();
    let mut request = Request::new(Body::default());
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert("host", HeaderValue::from_static("a"));
    request.headers_mut().insert("x-any", header.clone());
    let status = answer(InspectLayer::new().layer(inside.service()), request).status().as_u16();
    let Some(seen) = inside.seen() else {
        assert!(matches!(status, 400 | 414), "{status}");
        return;
    };
    assert_eq!((seen.uri(), &seen.headers()["x-any"]), (&uri, &header), "not a byte is changed");
    assert!(!header.as_bytes().iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'));
    let mut path = uri.path().as_bytes().to_vec();
    for round in 0..4 {
        let dots = |segment: &[u8]| segment == b".." || segment == b".";
        assert!(!path.split(|byte| matches!(byte, b'/' | b'\\')).any(dots), "{round}: {path:?}");
        assert!(!path.iter().any(u8::is_ascii_control), "{round}: {path:?}");
        path = decoded(&path);
        assert!(round > 0 || std::str::from_utf8(&path).is_ok());
    }
});
