//! The walk from the peer towards the client. Pure: headers in, client out, nothing allocated.

use std::net::IpAddr;

use campotech_core::ClientIp;
use http::HeaderMap;

use super::forwarded;
use super::layer::{ForwardingHeader, Settings};
use super::proxies::TrustedProxies;
use super::x_forwarded;

/// One entry of a forwarding header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hop {
    /// The address; None where it can't be read or is hidden.
    pub(super) ip: Option<IpAddr>,
    /// Whether this hop came by https, where the entry itself says so.
    pub(super) https: Option<bool>,
}

/// Where a walk ended.
struct Walked {
    ip: IpAddr,
    /// How many entries from the right the one that describes the client's connection stands.
    depth: usize,
    /// What that entry says about https.
    https: Option<bool>,
    malformed: bool,
}

/// The client of a request, and what was found odd about it.
pub(super) fn walk(
    settings: &Settings,
    peer: IpAddr,
    headers: &HeaderMap,
) -> (ClientIp, Option<&'static str>) {
    let proxies = &settings.proxies;
    if !proxies.contains(peer) {
        let name = match settings.header {
            ForwardingHeader::XForwardedFor => x_forwarded::FOR,
            ForwardingHeader::Forwarded => forwarded::NAME,
        };
        let finding = headers.contains_key(name).then_some("untrusted_peer");
        return (ClientIp::new(peer, false).with_https(settings.direct_https), finding);
    }
    let (walked, https) = match settings.header {
        ForwardingHeader::XForwardedFor => {
            let walked = follow(proxies, peer, x_forwarded::hops(headers));
            let https = x_forwarded::https(headers, walked.depth);
            (walked, https)
        }
        ForwardingHeader::Forwarded => {
            let walked = follow(proxies, peer, forwarded::hops(headers));
            let https = walked.https;
            (walked, https)
        }
    };
    let client = ClientIp::new(walked.ip, true).with_https(https.unwrap_or(settings.direct_https));
    (client, walked.malformed.then_some("malformed"))
}

/// Follows `hops`, nearest first.
fn follow(proxies: &TrustedProxies, peer: IpAddr, hops: impl Iterator<Item = Hop>) -> Walked {
    let mut walked = Walked { ip: peer, depth: 0, https: None, malformed: false };
    for (depth, hop) in hops.enumerate() {
        walked.depth = depth;
        walked.https = hop.https;
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
