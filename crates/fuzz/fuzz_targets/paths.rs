//! No spelling of a path gets around its limit.
#![no_main]

use bytes::Bytes;
use campotech_fuzz::{Body, Inside, answer, decoded, pieces};
use campotech_security::payload::PayloadLayer;
use http::{Request, Uri};
use libfuzzer_sys::fuzz_target;
use tower::Layer;
use url::Url;

const SMALL: usize = 10;

fuzz_target!(|data: &[u8]| {
    let [pattern, path] = pieces(data);
    if let Ok(pattern) = std::str::from_utf8(pattern) {
        let _ = PayloadLayer::<Body>::new(SMALL).with_limit_for(pattern, 1);
    }
    let Ok(uri) = Uri::try_from(path) else { return };
    let limit = |limit, own| {
        let layer = PayloadLayer::<Body>::new(limit).with_limit_for("/small/*", own);
        layer.unwrap_or_else(|why| panic!("{why}"))
    };
    let send = |layer: PayloadLayer<Body>| {
        let mut request = Request::new(Body::new(Bytes::from_static(&[0; SMALL + 1])));
        *request.uri_mut() = uri.clone();
        answer(layer.layer(Inside::default().service()), request).status().as_u16()
    };
    let Some(inside) = is_small(uri.path()) else { return };
    if inside {
        assert_eq!(send(limit(1_000, SMALL)), 413, "a tighter limit was got around");
    } else {
        assert_eq!(send(limit(SMALL, 1_000)), 413, "a looser limit was borrowed");
    }
});

/// Whether a browser's URL parser takes the path to `/small`, however its letters are written.
///
/// Where dots go back over empty segments, parsers disagree on what they take away; the head gate refuses such a path.
fn is_small(path: &str) -> Option<bool> {
    let plain = decoded(path.as_bytes());
    if plain.windows(2).any(|pair| pair.iter().all(|byte| matches!(byte, b'/' | b'\\')))
        && plain.windows(2).any(|pair| pair == b"..")
    {
        return None;
    }
    let url = Url::parse(&format!("http://a{path}")).ok()?;
    let first = url.path_segments()?.find(|segment| !segment.is_empty());
    Some(first.is_some_and(|first| decoded(first.as_bytes()) == b"small"))
}
