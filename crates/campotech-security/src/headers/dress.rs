//! What becomes of an answer's headers. Pure: an answer in, the same answer dressed.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::layer::Settings;
use super::{CspNonce, HeaderOverride};

/// What the request said that matters to its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) https: bool,
    /// It had credentials.
    pub(super) private: bool,
}

/// What one look at each header of an answer tells.
#[derive(Default)]
struct Seen {
    page: bool,
    /// It may say by itself what the layer would say.
    own: bool,
    removed: Vec<HeaderName>,
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

pub(super) fn dress<B>(response: &mut Response<B>, settings: &Settings, asked: Asked) {
    let (mut nonce, mut instead) = (None, None);
    if !response.extensions().is_empty() {
        nonce = response.extensions_mut().remove::<CspNonce>();
        instead = response.extensions_mut().remove::<HeaderOverride>();
    }
    let headers = response.headers_mut();
    let seen = look(headers, settings);
    for name in &seen.removed {
        headers.remove(name);
    }
    let by_type = if seen.page { &settings.html } else { &settings.api };
    if seen.own || nonce.is_some() || instead.is_some() {
        let profile = instead.as_ref().map_or(Some(by_type), HeaderOverride::get);
        return complete(headers, profile, settings, asked, nonce.as_ref());
    }
    let hsts = settings.hsts.as_ref().filter(|_| asked.https);
    by_type.put(headers, asked.https, usize::from(hsts.is_some()) + usize::from(asked.private));
    if let Some(hsts) = hsts {
        headers.insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    if asked.private {
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
}

/// The same for an answer that may have some of it.
fn complete(
    headers: &mut HeaderMap,
    profile: Option<&super::HeaderProfile>,
    settings: &Settings,
    asked: Asked,
    nonce: Option<&CspNonce>,
) {
    // Before a profile's own: what is one client's is in no cache, whatever the profile says of the rest.
    if asked.private {
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    }
    if let Some(profile) = profile {
        profile.complete(headers, asked.https, nonce);
    }
    if let (true, Some(hsts)) = (asked.https, &settings.hsts) {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert_with(|| hsts.clone());
    }
    if nonce.is_some() {
        // A page from a cache would bring its nonce along, known to whoever read it before.
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
}

fn look(headers: &HeaderMap, settings: &Settings) -> Seen {
    let mut seen = Seen::default();
    for (name, value) in headers {
        if *name == CONTENT_TYPE {
            seen.page |= is_page(value);
        } else if settings.watch.knows(name.as_str()) {
            if settings.removes(name) {
                seen.removed.push(name.clone());
            } else {
                seen.own = true;
            }
        }
    }
    seen
}

fn is_page(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    // Most answers are JSON, and told apart by a letter.
    if !matches!(value.first(), Some(b't' | b'T' | b'a' | b'A' | b' ' | b'\t'))
        || value.starts_with(b"application/json")
    {
        return false;
    }
    let essence = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"text/html") || essence.eq_ignore_ascii_case(b"application/xhtml+xml")
}
