//! The rules. Pure: a request's head in, a finding out.

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::cors::OriginList;
use crate::cors::same_origin::is_host;

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether the method writes. `TRACE` is safe too, yet no service of ours has a reason to take it from a browser.
pub(super) fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Why a write is refused: `cross_site` by what the browser says, `cross_origin` by its origin.
pub(super) fn finding(uri: &Uri, headers: &HeaderMap, trusted: &OriginList) -> Option<&'static str> {
    if headers.get(AUTHORIZATION).is_some_and(|value| !ambient(value)) {
        return None;
    }
    let origin = single(headers, ORIGIN.as_str());
    let is_trusted = || origin.single().is_some_and(|origin| trusted.allows(origin));
    match single(headers, SEC_FETCH_SITE) {
        Lines::One(site) if site == "same-origin" || site == "none" => return None,
        Lines::One(_) | Lines::Many => return (!is_trusted()).then_some("cross_site"),
        Lines::None => {}
    }
    match origin {
        Lines::None => None,
        Lines::One(own) if is_trusted() || is_host(own, uri, headers) => None,
        Lines::One(_) | Lines::Many => Some("cross_origin"),
    }
}

/// Whether a browser adds these credentials by itself, as it does with cookies.
fn ambient(authorization: &HeaderValue) -> bool {
    let scheme = authorization.as_bytes().split(|b| *b == b' ').next().unwrap_or_default();
    ["basic", "digest", "negotiate", "ntlm"].iter().any(|known| scheme.eq_ignore_ascii_case(known.as_bytes()))
}

#[derive(Clone, Copy)]
enum Lines<'a> {
    None,
    One(&'a HeaderValue),
    Many,
}

impl<'a> Lines<'a> {
    const fn single(self) -> Option<&'a HeaderValue> {
        match self {
            Self::One(value) => Some(value),
            Self::None | Self::Many => None,
        }
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Lines<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Lines::None,
        (Some(value), None) if value.is_empty() => Lines::None,
        (Some(value), None) => Lines::One(value),
        (Some(_), Some(_)) => Lines::Many,
    }
}
