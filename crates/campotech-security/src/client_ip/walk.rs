//! The walk from the peer towards the client. Pure: headers in, client out; nothing is allocated but a told host.

use std::borrow::Cow;
use std::net::IpAddr;

use campotech_core::{ClientIp, ForwardedHost};
use http::HeaderMap;
use http::header::FORWARDED;

use super::forwarded;
use super::layer::{ForwardingHeader, Settings};
use super::proxies::TrustedProxies;
use super::x_forwarded;

/// One entry of a forwarding header.
#[derive(Debug)]
pub(super) struct Hop<'a> {
    /// The address; None where it can't be read or is hidden.
    pub(super) ip: Option<IpAddr>,
    /// Whether this hop came by https, where the entry itself says so.
    pub(super) https: Option<bool>,
    /// The host that it asked for, where the entry itself says so.
    pub(super) host: Option<Cow<'a, [u8]>>,
}

/// Where a walk ended.
struct Walked<'a> {
    ip: IpAddr,
    /// How many entries from the right the one that describes the client's connection stands.
    depth: usize,
    /// What that entry says about https and the host.
    https: Option<bool>,
    host: Option<Cow<'a, [u8]>>,
    malformed: bool,
}

/// What is told of a request's client.
pub(crate) struct Told {
    pub(crate) client: Option<ClientIp>,
    pub(crate) host: Option<ForwardedHost>,
}

/// The client of a request, and what is odd about it.
pub(super) fn walk(
    settings: &Settings,
    peer: IpAddr,
    direct_https: bool,
    headers: &HeaderMap,
) -> (Told, Option<&'static str>) {
    let proxies = &settings.proxies;
    if !proxies.contains(peer) {
        let forwarded = match settings.header {
            ForwardingHeader::XForwardedFor => headers.contains_key(&x_forwarded::FOR),
            ForwardingHeader::Forwarded => headers.contains_key(FORWARDED),
        };
        let client = ClientIp::new(peer, false).with_https(direct_https);
        return (Told { client: Some(client), host: None }, forwarded.then_some("untrusted_peer"));
    }
    let mut walked = match settings.header {
        ForwardingHeader::XForwardedFor => follow(proxies, peer, x_forwarded::hops(headers)),
        ForwardingHeader::Forwarded => follow(proxies, peer, forwarded::hops(headers)),
    };
    if settings.header == ForwardingHeader::XForwardedFor {
        walked.https = x_forwarded::https(headers, walked.depth);
        if settings.forwarded_host {
            walked.host = x_forwarded::host(headers, walked.depth).map(Cow::Borrowed);
        }
    }
    let host = walked.host.as_deref().map(ForwardedHost::parse);
    let malformed = walked.malformed || host == Some(None);
    let client = ClientIp::new(walked.ip, true).with_https(walked.https.unwrap_or(direct_https));
    (Told { client: Some(client), host: host.flatten() }, malformed.then_some("malformed"))
}

/// Follows `hops`, nearest first.
fn follow<'a>(proxies: &TrustedProxies, peer: IpAddr, hops: impl Iterator<Item = Hop<'a>>) -> Walked<'a> {
    let mut walked = Walked { ip: peer, depth: 0, https: None, host: None, malformed: false };
    for (depth, hop) in hops.enumerate() {
        walked.depth = depth;
        walked.https = hop.https;
        walked.host = hop.host;
        let Some(ip) = hop.ip else {
            walked.malformed = true;
            break;
        };
        walked.ip = ip;
        if !proxies.contains(ip) {
            break;
        }
    }
    walked
}

/// An address as proxies write it: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, the first and last also with `:port`.
pub(super) fn address(text: &[u8], fine_port: fn(&[u8]) -> bool) -> Option<IpAddr> {
    let ip = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<IpAddr>().ok();
    if let Some(rest) = text.strip_prefix(b"[") {
        let end = rest.iter().position(|b| *b == b']')?;
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        let fine = after.is_empty() || after.strip_prefix(b":").is_some_and(fine_port);
        return ip(inside).filter(|ip| ip.is_ipv6() && fine);
    }
    if let Some(found) = ip(text) {
        return Some(found);
    }
    let colon = text.iter().position(|b| *b == b':')?;
    ip(&text[..colon]).filter(|ip| ip.is_ipv4() && fine_port(&text[colon + 1..]))
}

/// A TCP port in decimal digits.
pub(super) fn port(text: &[u8]) -> bool {
    (1..=5).contains(&text.len())
        && text.iter().all(u8::is_ascii_digit)
        && text.iter().fold(0_u32, |sum, b| sum * 10 + u32::from(b - b'0')) <= 65_535
}
