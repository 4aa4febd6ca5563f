//! The origins that are allowed, typed.

use std::str::FromStr;
use std::sync::Arc;

use http::header::ORIGIN;
use http::{Extensions, HeaderMap, HeaderValue, Uri};
use url::{Host, Url};

use super::same_origin::is_own;
use crate::ConfigError;

/// A list of origins: exact ones, and all subdomains of a domain as `https://*.example.com`.
///
/// Scheme and port count. A wildcard stands for one label or more, never for the domain itself. Compared are bytes:
/// browsers send origins in one form (RFC 6454 section 6.2), and what is not in that form is not from a browser.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct OriginList(Arc<[Entry]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Exact(Box<str>),
    /// `https://`, and `.example.com:8443`.
    Subdomains {
        scheme: Box<str>,
        suffix: Box<str>,
    },
}

impl OriginList {
    /// No origin.
    pub fn none() -> Self {
        Self::default()
    }

    /// The origins of a comma list such as `https://app.example.com, https://*.example.com`; an empty text is none.
    ///
    /// # Errors
    /// [`ConfigError`] for `*`, `null`, and whatever else is no http or https origin.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        if list.trim().is_empty() {
            return Ok(Self::none());
        }
        list.split(',').map(|entry| Entry::parse(entry.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request's `Origin` is in the list.
    #[must_use]
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|entry| entry.matches(origin.as_bytes()))
    }

    /// Whether a WebSocket handshake with this target, these headers and these extensions may go on: browsers open WebSockets to any site and CORS
    /// does not stop them, so the server checks `Origin` itself (RFC 6455 section 10.2).
    ///
    /// It may if its origin is in the list or is the request's own host, or if there is none: then it is no browser. The own host is that of
    /// [`ForwardedHost`](campotech_core::ForwardedHost) where there is one, and on https where the client is, as for CORS and CSRF.
    #[must_use]
    pub fn allows_handshake(&self, uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => self.allows(origin) || is_own(origin, uri, headers, extensions),
            (Some(_), Some(_)) => false,
        }
    }

    /// An http origin of the list that isn't a loopback one, if there is any.
    pub(super) fn insecure(&self) -> Option<String> {
        self.0.iter().find_map(|entry| match entry {
            Entry::Exact(exact) => {
                let host = exact.strip_prefix("http://")?;
                let own = ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| {
                    host.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                });
                (!own).then(|| exact.to_string())
            }
            Entry::Subdomains { scheme, suffix } => {
                (&**scheme == "http://").then(|| format!("{scheme}*{suffix}"))
            }
        })
    }

    /// Whether there is no origin in the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for OriginList {
    type Err = ConfigError;

    fn from_str(list: &str) -> Result<Self, ConfigError> {
        Self::parse(list)
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Origin(entry.to_owned());
        match entry {
            "*" => return Err(ConfigError::AnyOrigin),
            "null" => return Err(ConfigError::NullOrigin),
            _ => {}
        }
        let (scheme, rest) = entry.split_once("://").ok_or_else(wrong)?;
        let (wildcard, authority) = match rest.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, rest),
        };
        // `Url` is forgiving where an origin has to be exact.
        let stray = |b: u8| b.is_ascii_whitespace() || b.is_ascii_control() || b"/\\?#@%*".contains(&b);
        if authority.is_empty() || authority.bytes().any(stray) || authority.ends_with(':') {
            return Err(wrong());
        }
        let url = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong());
        }
        let host = url.host().ok_or_else(wrong)?;
        if let Host::Domain(domain) = &host
            && domain.split('.').any(str::is_empty)
        {
            return Err(wrong());
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        if !wildcard {
            return Ok(Self::Exact(format!("{}://{host}{port}", url.scheme()).into()));
        }
        // A whole top-level domain is never one owner's.
        let Host::Domain(domain) = host else { return Err(wrong()) };
        if !domain.contains('.') {
            return Err(wrong());
        }
        Ok(Self::Subdomains {
            scheme: format!("{}://", url.scheme()).into(),
            suffix: format!(".{domain}{port}").into(),
        })
    }

    fn matches(&self, origin: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => exact.as_bytes() == origin,
            Self::Subdomains { scheme, suffix } => origin
                .strip_prefix(scheme.as_bytes())
                .and_then(|rest| rest.strip_suffix(suffix.as_bytes()))
                .is_some_and(|labels| labels.split(|b| *b == b'.').all(label)),
        }
    }
}

fn label(text: &[u8]) -> bool {
    let fine = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=63).contains(&text.len()) && text.iter().all(fine)
}
