//! Whether an `Origin` is the host that the request is for.

use campotech_core::{ClientIp, ForwardedHost};
use http::header::HOST;
use http::{Extensions, HeaderMap, HeaderValue, Uri};

/// Whether `origin` names the host that the client asked for: what a trusted proxy tells of it, else the request's authority.
///
/// Blind to the scheme, which a service behind a proxy may not know; where the client is known to be on https, its own
/// pages are, too.
pub(crate) fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let https = ClientIp::of(extensions).is_some_and(|client| client.https());
    if https && !origin.as_bytes().starts_with(b"https://") {
        return false;
    }
    match extensions.get::<ForwardedHost>() {
        Some(host) => names(origin, host.as_str().as_bytes()),
        None => is_host(origin, uri, headers),
    }
}

/// Whether `origin` names the authority of the request, by whatever scheme.
fn is_host(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
    host(uri, headers).is_some_and(|host| names(origin, host))
}

fn names(origin: &HeaderValue, host: &[u8]) -> bool {
    let Some((origin_host, default_port)) = authority(origin.as_bytes()) else { return false };
    let host = host.strip_suffix(default_port).unwrap_or(host);
    !host.is_empty() && origin_host.eq_ignore_ascii_case(host)
}

/// The authority of an http or https origin, and the port that browsers leave out.
fn authority(origin: &[u8]) -> Option<(&[u8], &'static [u8])> {
    if let Some(rest) = origin.strip_prefix(b"https://") {
        Some((rest, b":443"))
    } else {
        origin.strip_prefix(b"http://").map(|rest| (rest, b":80".as_slice()))
    }
}

/// The authority of the request (RFC 9112 section 3.2): the target's, or the one `Host`.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    if let Some(authority) = uri.authority() {
        return Some(authority.as_str().as_bytes());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next()?;
    hosts.next().is_none().then(|| host.as_bytes())
}
