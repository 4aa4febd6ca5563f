//! The rules. Pure: a request's head in, a finding out.

use http::header::{AUTHORIZATION, ORIGIN};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::layer::Settings;
use crate::cors::same_origin::is_own;
use crate::path_pattern::PathReadings;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The parts of a request that the rules look at.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) extensions: &'a Extensions,
}

/// Whether the method writes. `TRACE` is safe too, yet no service of ours has a reason to take it from a browser.
pub(super) fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Why a write is refused: `cross_site` by what the browser says, `cross_origin` by its origin.
pub(super) fn write(settings: &Settings, head: Head<'_>) -> Option<&'static str> {
    if is_proved(settings, head.headers) {
        return None;
    }
    let origin = lines(head.headers, &ORIGIN);
    let is_trusted = || origin.single().is_some_and(|origin| settings.trusted.allows(origin));
    match lines(head.headers, &SEC_FETCH_SITE) {
        Lines::One(site) if site == "same-origin" || site == "none" => return None,
        Lines::One(_) | Lines::Many => return (!is_trusted()).then_some("cross_site"),
        Lines::None => {}
    }
    match origin {
        Lines::None => None,
        Lines::One(own) if is_trusted() || is_own(own, head.uri, head.headers, head.extensions) => None,
        Lines::One(_) | Lines::Many => Some("cross_origin"),
    }
}

/// Why a read is refused: `cross_site_load`, which a page of another site has made a browser do without going there.
pub(super) fn read(settings: &Settings, head: Head<'_>) -> Option<&'static str> {
    // Programs, and pages of this site, go on from here.
    match lines(head.headers, &SEC_FETCH_SITE) {
        Lines::None => return None,
        Lines::One(site) if site == "same-origin" || site == "same-site" || site == "none" => return None,
        Lines::One(_) | Lines::Many => {}
    }
    let is_trusted = || {
        let origin = lines(head.headers, &ORIGIN).single();
        origin.is_some_and(|origin| settings.trusted.allows(origin))
    };
    let is_open = || {
        let path = PathReadings::new(head.uri.path());
        settings.open.iter().any(|pattern| path.all(pattern))
    };
    let passes = goes_there(head.headers) || is_trusted() || is_proved(settings, head.headers) || is_open();
    (!passes).then_some("cross_site_load")
}

/// Whether the visitor goes to the address, in a tab or window of its own: a frame is the other page's still.
fn goes_there(headers: &HeaderMap) -> bool {
    let navigates = lines(headers, &SEC_FETCH_MODE).single().is_some_and(|mode| mode == "navigate");
    // Browsers sent the mode before they sent the destination.
    let as_document = match lines(headers, &SEC_FETCH_DEST) {
        Lines::None => true,
        Lines::One(dest) => dest == "document",
        Lines::Many => false,
    };
    navigates && as_document
}

/// Whether the request carries what no page can make a browser send to another site without being asked first.
fn is_proved(settings: &Settings, headers: &HeaderMap) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| !is_ambient(value))
        || settings.signatures.iter().any(|name| headers.contains_key(name))
}

/// Whether a browser adds these credentials by itself, as it does with cookies.
fn is_ambient(authorization: &HeaderValue) -> bool {
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

fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Lines<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Lines::None,
        (Some(value), None) if value.is_empty() => Lines::None,
        (Some(value), None) => Lines::One(value),
        (Some(_), Some(_)) => Lines::Many,
    }
}
