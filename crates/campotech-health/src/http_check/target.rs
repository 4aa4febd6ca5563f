//! Whom to ask, taken from a URL that may hold secrets.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, HOST};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::dial::Host;

/// A URL in pieces. Only host and port are ever shown.
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) path: PathAndQuery,
    #[cfg(feature = "http-check-tls")]
    pub(super) tls: Option<super::tls::Tls>,
    /// `Host`, and `Authorization` where the URL held a user.
    pub(super) headers: HeaderMap,
}

impl Target {
    /// # Errors
    /// What is wrong, in words that repeat nothing of the URL.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let uri = Uri::from_str(url).map_err(|_| "is not a url such as http://host:8080/live")?;
        let encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "http-check-tls") => true,
            Some("https") => return Err("starts with https, which needs the feature http-check-tls"),
            _ => return Err("does not start with http:// or https://"),
        };
        let authority = uri.authority().ok_or("names no host")?.as_str();
        let (user, host_port) =
            authority.rsplit_once('@').map_or((None, authority), |(user, rest)| (Some(user), rest));
        let host_port = Authority::from_str(host_port).map_err(|_| "names no valid host")?;
        let host = Host::new(host_port.host());
        if host.name().is_empty() {
            return Err("names no host");
        }
        let port = match host_port.port() {
            Some(port) => port.as_u16(),
            None if host_port.as_str().ends_with(':') => return Err("has an empty port"),
            None if host_port.as_str() == host_port.host() => {
                if encrypted {
                    443
                } else {
                    80
                }
            }
            None => return Err("has a port above 65535"),
        };
        if port == 0 {
            return Err("has port 0");
        }
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(host_port.as_str()).map_err(|_| "names no valid host")?;
        headers.insert(HOST, value);
        if let Some(user) = user {
            headers.insert(AUTHORIZATION, basic(user)?);
        }
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self {
            #[cfg(feature = "http-check-tls")]
            tls: encrypted.then(|| super::tls::Tls::new(host.name())).transpose()?,
            host,
            port,
            path,
            headers,
        })
    }
}

// A path may hold a token as a query does.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("host", &self.host.name())
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

fn basic(user: &str) -> Result<HeaderValue, &'static str> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut plain: Vec<u8> = percent_decode_str(name).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    let value = format!("Basic {}", BASE64_STANDARD.encode(plain));
    let mut value = HeaderValue::from_str(&value).map_err(|_| "holds a user that can't be sent")?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::parse("http://ana:p%40ss@db.example:8080/live?token=t1").unwrap();
        assert_eq!((target.host.name(), target.port), ("db.example", 8080));
        assert_eq!(target.path, "/live?token=t1");
        assert_eq!(target.headers[HOST], "db.example:8080");
        assert_eq!(target.headers[AUTHORIZATION], format!("Basic {}", BASE64_STANDARD.encode("ana:p@ss")));
        let shown = format!("{target:?}");
        assert!(shown.contains("db.example") && !shown.contains("ana") && !shown.contains("t1"), "{shown}");

        let target = Target::parse("http://[::1]").unwrap();
        assert_eq!((target.host.name(), target.port), ("::1", 80));
        assert_eq!(target.path, "/");
        assert_eq!(target.headers[HOST], "[::1]");
        assert!(!target.headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for (url, word) in [
            ("ftp://h/", "http://"),
            ("h:80", "http://"),
            ("/live", "http://"),
            ("", "not a url"),
            ("http://", "not a url"),
            ("http://h:0/", "port 0"),
            ("http://a b/", "not a url"),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(error.contains(word), "{url}: {error}");
        }
        for url in ["http://h:99999/", "http://h:/", "http://@/", "http://:80/"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn https_is_a_matter_of_the_feature() {
        let target = Target::parse("https://h/");
        if cfg!(feature = "http-check-tls") {
            assert_eq!(target.unwrap().port, 443);
        } else {
            assert!(target.unwrap_err().contains("http-check-tls"));
        }
    }

    proptest! {
        #[test]
        fn no_url_panics(url in "(https?://)?[a-z0-9:@/?#\\[\\]%. é-]{0,40}") {
            if let Ok(target) = Target::parse(&url) {
                prop_assert!(!target.host.name().is_empty() && target.port != 0);
            }
        }
    }
}
