//! A wildcard stands for subdomains.
#![no_main]

use campotech_fuzz::{pieces, value};
use campotech_security::cors::OriginList;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let [list, origin] = pieces(data);
    let Some(origin) = value(origin) else { return };
    // A URL parser also asks what such a label stands for; no browser sends one that stands for nothing.
    if origin.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"xn--")) {
        return;
    }
    // Whatever is in the list, what it lets in is an origin with a scheme of the web.
    if let Some(list) = std::str::from_utf8(list).ok().and_then(|list| OriginList::parse(list).ok())
        && list.allows(&origin)
    {
        assert!(url(&origin).is_some(), "{origin:?}");
    }
    let Ok(fixed) = OriginList::parse("https://*.example.com") else { return };
    if fixed.allows(&origin) {
        let url = url(&origin).unwrap_or_else(|| panic!("{origin:?}"));
        let host = url.host_str().unwrap_or_default();
        assert!(host.ends_with(".example.com") && host.len() > ".example.com".len(), "{origin:?}");
        assert_eq!((url.scheme(), url.port()), ("https", None), "{origin:?}");
    }
});

/// As a URL parser reads it: nothing but scheme, host, port.
fn url(origin: &http::HeaderValue) -> Option<Url> {
    let url = Url::parse(origin.to_str().ok()?).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    (bare && nobody && matches!(url.scheme(), "http" | "https")).then_some(url)
}
