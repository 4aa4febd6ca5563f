//! What a client calls this service, where a proxy has another name for it.

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// The host that the client's own connection was for, with its port if one was named, as a trusted proxy tells it; a request
/// extension of the client-ip layer.
///
/// In lower case, and of no more than 255 characters: a name of `[a-z0-9._-]` without empty labels, an IPv4 address, or an IPv6 address in
/// brackets. Never with a user, so that it can stand in a link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForwardedHost(Arc<str>);

const LONGEST: usize = 255;

impl ForwardedHost {
    /// Reads `host` or `host:port`; none where it is anything else.
    ///
    /// ```
    /// use campotech_core::ForwardedHost;
    ///
    /// let host = ForwardedHost::parse(b"App.example.com:8443").unwrap();
    /// assert_eq!((host.as_str(), host.host(), host.port()), ("app.example.com:8443", "app.example.com", Some(8443)));
    /// assert_eq!(ForwardedHost::parse(b"user@app.example.com"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST)?;
        let (host, port) = split(text);
        let fine_port = port.is_none_or(|port| number(port).is_some());
        (is_host(host) && fine_port).then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// Host and port as they were told: `app.example.com:8443`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone, an IPv6 address with its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        split(&self.0).0
    }

    /// The port, if one was told.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        split(&self.0).1.and_then(number)
    }
}

/// The colon of a port stands behind the brackets, where there are any.
fn split(text: &str) -> (&str, Option<&str>) {
    let brackets = text.rfind(']').map_or(0, |at| at + 1);
    match text[brackets..].find(':') {
        Some(colon) => (&text[..brackets + colon], Some(&text[brackets + colon + 1..])),
        None => (text, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.strip_suffix(']').is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok());
    }
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    host.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(fine))
}

fn number(port: &str) -> Option<u16> {
    // `parse` would take a sign.
    port.bytes().all(|b| b.is_ascii_digit()).then(|| port.parse().ok())?
}

impl fmt::Display for ForwardedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_and_told_in_lower_case() {
        for (text, host, port) in [
            ("App.Example.com", "app.example.com", None),
            ("app.example.com:443", "app.example.com", Some(443)),
            ("a_b-c:0", "a_b-c", Some(0)),
            ("203.0.113.7:8080", "203.0.113.7", Some(8080)),
            ("[2001:DB8::7]", "[2001:db8::7]", None),
            ("[::1]:3000", "[::1]", Some(3000)),
        ] {
            let read = ForwardedHost::parse(text.as_bytes()).unwrap();
            assert_eq!((read.as_str(), read.host(), read.port()), (&*text.to_lowercase(), host, port));
        }
    }

    #[test]
    fn what_could_be_anything_else_is_none() {
        let (long, longer) = ("a.".repeat(127) + "bc", "x".repeat(64));
        for bad in [
            "", ":80", ".", "a.", ".a", "a..b", "a:", "a:x", "a:+80", "a:65536", "a:80:80", "a b", "a/b",
            "a?b", "a#b", "a\\b", "a%2eb", "user@a", "a,b", "*", "é", "[::1", "::1]", "[::1]x", "[::1]:",
            "[a]", "[]", "::1", "http://a", "a\u{7f}", &long, &longer,
        ] {
            assert_eq!(ForwardedHost::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(ForwardedHost::parse(b"a\xff"), None);
    }
}
