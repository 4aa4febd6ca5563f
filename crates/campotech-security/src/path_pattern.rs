//! Patterns for request paths, which no other spelling of a path gets around.

use percent_encoding::percent_decode_str;

use crate::ConfigError;

/// A pattern of whole segments: `/api/v1/auth/*`. `*` stands for any one segment, and at the end for any rest, also none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern {
    segments: Box<[Segment]>,
    any_rest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
}

/// A path as it may be read: segment by segment, and (where that differs) decoded first, dots resolved.
#[derive(Debug)]
pub(crate) struct PathReadings<'a> {
    raw: &'a str,
    resolved: Option<Vec<u8>>,
}

impl PathPattern {
    pub(crate) fn parse(pattern: &str) -> Result<Self, ConfigError> {
        let refused = || ConfigError::PathPattern(pattern.to_owned());
        let rest = pattern.strip_prefix('/').ok_or_else(refused)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let mut segments = Vec::new();
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            let literal = !segment.is_empty() && !matches!(segment, "." | "..");
            let literal =
                literal && segment.bytes().all(|b| b.is_ascii_graphic() && !b"*%?#{}\\".contains(&b));
            match segment {
                "*" => segments.push(Segment::Any),
                _ if literal => segments.push(Segment::Literal(segment.into())),
                _ => return Err(refused()),
            }
        }
        let any_rest = segments.last() == Some(&Segment::Any);
        if any_rest {
            segments.pop();
        }
        Ok(Self { segments: segments.into(), any_rest })
    }

    fn fits<S: Copy>(&self, mut given: impl Iterator<Item = S>, same: impl Fn(S, &str) -> bool) -> bool {
        for segment in &self.segments {
            match (segment, given.next()) {
                (_, None) => return false,
                (Segment::Literal(literal), Some(given)) if !same(given, literal) => return false,
                _ => {}
            }
        }
        self.any_rest || given.next().is_none()
    }
}

impl<'a> PathReadings<'a> {
    pub(crate) fn new(raw: &'a str) -> Self {
        let bytes = raw.as_bytes();
        let plain = !bytes.iter().any(|b| matches!(b, b'%' | b'\\'))
            && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."));
        Self { raw, resolved: (!plain).then(|| resolve(raw)) }
    }

    /// Whether any reading fits: for what restricts.
    pub(crate) fn any(&self, pattern: &PathPattern) -> bool {
        self.raw_fits(pattern) || self.resolved_fits(pattern).unwrap_or(false)
    }

    /// Whether there is a second reading.
    pub(crate) const fn is_ambiguous(&self) -> bool {
        self.resolved.is_some()
    }

    /// Whether every reading fits: for what allows more.
    pub(crate) fn all(&self, pattern: &PathPattern) -> bool {
        self.raw_fits(pattern) && self.resolved_fits(pattern).unwrap_or(true)
    }

    /// Whether the path fits as it was sent, segment by segment.
    pub(crate) fn raw_fits(&self, pattern: &PathPattern) -> bool {
        let segments = self.raw.split('/').filter(|segment| !segment.is_empty());
        pattern.fits(segments, |given, literal| percent_decode_str(given).eq(literal.bytes()))
    }

    /// Whether the second reading fits, if there is one.
    pub(crate) fn resolved_fits(&self, pattern: &PathPattern) -> Option<bool> {
        let resolved = self.resolved.as_deref()?;
        let segments = resolved.split(|b| *b == b'/').filter(|segment| !segment.is_empty());
        Some(pattern.fits(segments, |given, literal| given == literal.as_bytes()))
    }
}

fn resolve(raw: &str) -> Vec<u8> {
    let decoded: Vec<u8> = percent_decode_str(raw).collect();
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in decoded.split(|b| matches!(b, b'/' | b'\\')) {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept.join(&b'/')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some(pattern: &str, path: &str) -> bool {
        PathReadings::new(path).any(&PathPattern::parse(pattern).unwrap())
    }

    fn every(pattern: &str, path: &str) -> bool {
        PathReadings::new(path).all(&PathPattern::parse(pattern).unwrap())
    }

    #[test]
    fn segments_are_whole() {
        for (pattern, path, fits) in [
            ("/api/v1/auth/*", "/api/v1/auth/login", true),
            ("/api/v1/auth/*", "/api/v1/auth/login/x", true),
            ("/api/v1/auth/*", "/api/v1/auth", true),
            ("/api/v1/auth/*", "/api/v1/authors", false),
            ("/api/v1/auth/*", "/x/api/v1/auth/login", false),
            ("/api/*/auth", "/api/v2/auth", true),
            ("/api/*/auth", "/api/auth", false),
            ("/api/*/auth", "/api/v2/auth/login", false),
            ("/login", "/login/", true),
            ("/login/", "/login", true),
            ("/", "/", true),
            ("/", "/x", false),
            ("/*", "/anything/at/all", true),
        ] {
            assert_eq!(some(pattern, path), fits, "{pattern} {path}");
            assert_eq!(every(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn no_spelling_gets_around_a_pattern() {
        for path in [
            "/api/v1/%61uth/login",
            "/api/v1/auth/login/",
            "//api//v1/auth/login",
            "/api/v1/./auth/login",
            "/api/v1/x/../auth/login",
            "/api/v1/auth%2Flogin",
            "/api/v1/x%2f..%2fauth/login",
            "/api\\v1\\auth\\login",
            "/api/v1/auth/..%2f..%2fx",
        ] {
            assert!(some("/api/v1/auth/*", path), "{path}");
        }
    }

    #[test]
    fn what_allows_more_needs_every_reading() {
        assert!(every("/webhooks/*", "/webhooks/whatsapp/"));
        assert!(every("/webhooks/*", "/%77ebhooks/whatsapp"));
        assert!(!every("/webhooks/*", "/webhooks/../api"));
        assert!(!every("/webhooks/*", "/webhooks/..%2fapi"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["", "api", "/a*", "/a//b", "/a/../b", "/%61", "/{id}", "/a?b", "/á", "/a b"] {
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn encoding_any_letter_changes_nothing(path in "(/[a-z]{1,4}){1,4}", which in any::<proptest::sample::Index>()) {
            let at = which.index(path.len());
            let byte = path.as_bytes()[at];
            prop_assume!(byte != b'/');
            let other = format!("{}%{byte:02x}{}", &path[..at], &path[at + 1..]);
            prop_assert!(some(&path, &other) && every(&path, &other));
        }
    }
}
