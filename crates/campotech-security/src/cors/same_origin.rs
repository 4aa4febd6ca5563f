//! Whether an `Origin` is the host that the request is for.

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri};

/// Whether `origin` names the authority of the request; blind to the scheme, which a service behind a proxy can't know.
pub(crate) fn is_host(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
    let (Some(from), Some(host)) = (authority(origin.as_bytes()), host(uri, headers)) else { return false };
    let (origin_host, default_port) = from;
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
