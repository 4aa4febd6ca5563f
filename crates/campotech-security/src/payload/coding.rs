//! `Content-Encoding` of a request (RFC 9110, section 8.4).

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// A coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Brotli,
    Deflate,
    Zstd,
}

/// What the request's headers ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Requested {
    Identity,
    Coding(Coding),
    /// Unknown, or more than one on top of each other.
    Unsupported,
}

impl Requested {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut found = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.as_bytes().split(|b| *b == b',') {
                let next = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                    b"" | b"identity" => continue,
                    b"gzip" | b"x-gzip" => Coding::Gzip,
                    b"br" => Coding::Brotli,
                    b"deflate" => Coding::Deflate,
                    b"zstd" => Coding::Zstd,
                    _ => return Self::Unsupported,
                };
                if found != Self::Identity {
                    return Self::Unsupported;
                }
                found = Self::Coding(next);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> Requested {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        Requested::of(&headers)
    }

    #[test]
    fn one_known_coding_is_read() {
        assert_eq!(of(&[]), Requested::Identity);
        assert_eq!(of(&["identity"]), Requested::Identity);
        assert_eq!(of(&["GZIP"]), Requested::Coding(Coding::Gzip));
        assert_eq!(of(&["x-gzip"]), Requested::Coding(Coding::Gzip));
        assert_eq!(of(&["br"]), Requested::Coding(Coding::Brotli));
        assert_eq!(of(&["deflate"]), Requested::Coding(Coding::Deflate));
        assert_eq!(of(&["identity, zstd"]), Requested::Coding(Coding::Zstd));
    }

    #[test]
    fn stacked_and_unknown_codings_are_not() {
        for values in
            [&["gzip, gzip"][..], &["gzip", "br"], &["compress"], &["aes128gcm"], &["gzip;q=1"], &["\u{e9}"]]
        {
            assert_eq!(of(values), Requested::Unsupported, "{values:?}");
        }
    }
}
