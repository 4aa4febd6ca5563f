//! How a gRPC call ended: HTTP says 200 to all of them.
//!
//! Sources: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, `doc/statuscodes.md` beside it.

use std::sync::atomic::{AtomicU64, Ordering};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Version};

use super::method::KnownMethod;

/// How many codes there are.
pub(super) const COUNT: usize = CODES.len();

/// Codes by their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The code of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(u8);

/// How often a method ended in each.
#[derive(Debug, Default)]
pub(super) struct Codes([AtomicU64; COUNT]);

impl Code {
    /// What a call is taken for that doesn't say, or says what is none.
    const UNKNOWN: Self = Self(2);

    /// What an answer says that has not ended; none if it is no gRPC's.
    #[inline]
    pub(super) fn begun(method: KnownMethod, version: Version, headers: &HeaderMap) -> Option<Self> {
        if version != Version::HTTP_2 || method != KnownMethod::Post {
            return None;
        }
        Self::told(headers)
    }

    #[inline(never)]
    fn told(headers: &HeaderMap) -> Option<Self> {
        // Not gRPC-Web, which tells its status in the body.
        let rest = headers.get(CONTENT_TYPE)?.as_bytes().strip_prefix(b"application/grpc")?;
        let grpc = matches!(rest.first(), None | Some(b'+' | b';'));
        // An answer without a message says it in its headers.
        grpc.then(|| Self::of(headers).unwrap_or(Self::UNKNOWN))
    }

    /// What trailers say.
    pub(super) fn of(trailers: &HeaderMap) -> Option<Self> {
        let code = trailers.get("grpc-status")?.to_str().ok()?.parse().ok();
        Some(code.filter(|code| usize::from(*code) < COUNT).map_or(Self::UNKNOWN, Self))
    }
}

impl Codes {
    pub(super) fn count(&self, code: Code) {
        self.0[usize::from(code.0)].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds to what was counted elsewhere.
    pub(super) fn add_to(&self, sums: &mut [u64; COUNT]) {
        sums.iter_mut().zip(&self.0).for_each(|(sum, count)| *sum += count.load(Ordering::Relaxed));
    }
}

/// The codes' names, with what was counted for each.
pub(super) fn named(counts: [u64; COUNT]) -> impl Iterator<Item = (&'static str, u64)> {
    CODES.into_iter().zip(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_number_up_to_sixteen_and_anything_else_is_unknown() {
        let of = |value: &str| {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", value.parse().unwrap());
            Code::of(&trailers).map(|code| CODES[usize::from(code.0)])
        };
        for (value, code) in [("0", "OK"), ("5", "NOT_FOUND"), ("16", "UNAUTHENTICATED"), ("17", "UNKNOWN")] {
            assert_eq!(of(value), Some(code), "{value}");
        }
        for bad in ["", "-1", "OK", "99999999999999999999999"] {
            assert_eq!(of(bad), Some("UNKNOWN"), "{bad}");
        }
        assert_eq!(Code::of(&HeaderMap::new()), None);
    }

    #[test]
    fn only_grpc_has_codes() {
        let begun = |method, version, kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            Code::begun(method, version, &headers)
        };
        let (post, two) = (KnownMethod::Post, Version::HTTP_2);
        assert_eq!(begun(post, two, "application/grpc+proto"), Some(Code::UNKNOWN));
        assert_eq!(begun(post, two, "application/grpc"), Some(Code::UNKNOWN));
        for other in ["application/json", "application/grpc-web+proto", "application/grpc-web-text"] {
            assert_eq!(begun(post, two, other), None, "{other}");
        }
        assert_eq!(begun(post, Version::HTTP_11, "application/grpc"), None);
        assert_eq!(begun(KnownMethod::Get, two, "application/grpc"), None);
    }
}
