//! No write from another site passes.
#![no_main]

use campotech_fuzz::{Body, Inside, answer, pieces, value};
use campotech_security::cors::OriginList;
use campotech_security::csrf::CsrfLayer;
use http::{HeaderValue, Method, Request, Uri};
use libfuzzer_sys::fuzz_target;
use tower::Layer;

const TRUSTED: &str = "https://app.example.com";

fuzz_target!(|data: &[u8]| {
    let [site, origin, host, uri] = pieces(data);
    let (Some(site), Some(origin), Some(host)) = (value(site), value(origin), value(host)) else { return };
    let Ok(trusted) = OriginList::parse(TRUSTED) else { return };
    let inside = Inside::default();
    let service = CsrfLayer::new().with_trusted_origins(trusted).layer(inside.service());
    let send = |site: Option<&HeaderValue>| {
        let mut request = Request::new(Body::default());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::try_from(uri).unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert("host", host.clone());
        headers.insert("origin", origin.clone());
        if let Some(site) = site {
            headers.insert("sec-fetch-site", site.clone());
        }
        let status = answer(service.clone(), request).status().as_u16();
        assert_eq!(inside.seen().is_some(), status == 200);
        status
    };
    let trusted = origin == TRUSTED;
    let cross = HeaderValue::from_static("cross-site");
    assert_eq!(send(Some(&cross)), if trusted { 200 } else { 403 });
    let same = site == "same-origin" || site == "none";
    if !same && !site.is_empty() {
        assert_eq!(send(Some(&site)), if trusted { 200 } else { 403 });
    }
    // An older browser: its origin has to be the request's own host.
    if send(None) == 200 && !trusted && !origin.is_empty() {
        let (origin, host) = (text(&origin), text(&host));
        let own = origin.split_once("://").map(|(_, host)| host);
        let asked =
            Uri::try_from(uri).ok().and_then(|uri| uri.authority().map(|own| own.as_str().to_owned()));
        let hosts = [Some(host.as_str()), asked.as_deref()];
        let named = own.is_some_and(|own| hosts.iter().flatten().any(|host| same_host(host, own)));
        assert!(named, "{origin:?} {host:?}");
    }
});

/// A character for each byte.
fn text(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|byte| char::from(*byte)).collect()
}

/// Without the ports that go without saying.
fn same_host(one: &str, other: &str) -> bool {
    let bare = |host: &str| {
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host).to_ascii_lowercase();
        let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host).to_owned();
        host
    };
    bare(one) == bare(other)
}
