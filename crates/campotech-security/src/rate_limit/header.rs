//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, structured fields of RFC 9651).

use std::time::{SystemTime, UNIX_EPOCH};

use arrayvec::ArrayVec;
use http::{HeaderName, HeaderValue};

use super::quota::Quota;
use super::standing::Standing;
use super::tier::Algorithm;

pub(super) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How `X-RateLimit-Reset` tells the time: those who read it never agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Legacy {
    /// In seconds from now.
    Seconds,
    /// In seconds since the Unix epoch.
    Epoch,
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

impl Legacy {
    pub(super) fn headers(self, quota: Quota, standing: &Standing) -> [(HeaderName, HeaderValue); 3] {
        let wait = standing.wait_seconds();
        let reset = match self {
            Self::Seconds => wait,
            Self::Epoch => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(wait, |now| now.as_secs() + 1 + wait)
            }
        };
        [(LIMIT, quota.limit().into()), (REMAINING, standing.remaining.into()), (RESET, reset.into())]
    }
}

/// `"auth";q=10;w=900`, or `"uploads";q=2;qu="concurrent-requests"`.
pub(super) fn policy(name: &str, quota: Quota, algorithm: Algorithm) -> HeaderValue {
    let text = match algorithm {
        Algorithm::InFlight => format!("\"{name}\";q={};qu=\"concurrent-requests\"", quota.limit()),
        Algorithm::SlidingLog | Algorithm::Gcra => {
            format!("\"{name}\";q={};w={}", quota.limit(), quota.window().as_secs())
        }
    };
    // A name is visible ASCII.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What the values of a tier's standings begin with: `"auth";r=`.
pub(super) fn beginning(name: &str) -> Box<str> {
    format!("\"{name}\";r=").into()
}

/// `"auth";r=9;t=900`
pub(super) fn standing(beginning: &str, standing: &Standing) -> HeaderValue {
    let mut value = Value::of(beginning, standing);
    value.text(b";t=");
    value.number(standing.wait_seconds());
    value.finish()
}

/// `"uploads";r=1`: nobody knows when more comes back.
pub(super) fn places(beginning: &str, standing: &Standing) -> HeaderValue {
    Value::of(beginning, standing).finish()
}

/// A name has 32 bytes at most, numbers 10 and 20.
const LONGEST: usize = 72;

/// A value that is written on the stack: with every answer.
struct Value(ArrayVec<u8, LONGEST>);

impl Value {
    fn of(beginning: &str, standing: &Standing) -> Self {
        let mut value = Self(ArrayVec::new());
        value.text(beginning.as_bytes());
        value.number(standing.remaining.into());
        value
    }

    fn text(&mut self, text: &[u8]) {
        // All that there can be fits.
        let _ = self.0.try_extend_from_slice(text);
    }

    fn number(&mut self, number: u64) {
        self.text(itoa::Buffer::new().format(number).as_bytes());
    }

    /// The value, copied out in one allocation; names and numbers are visible ASCII.
    fn finish(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longest_values_fit() {
        let name = "n".repeat(32);
        let most = Standing { allowed: true, remaining: u32::MAX, wait: Duration::MAX };
        assert_eq!(
            standing(&beginning(&name), &most),
            format!("\"{name}\";r=4294967295;t=18446744073709551615").as_str()
        );
    }

    #[test]
    fn seconds_are_rounded_up() {
        let of = |wait| standing(&beginning("a"), &Standing { allowed: false, remaining: 0, wait });
        assert_eq!(of(Duration::ZERO), "\"a\";r=0;t=1");
        assert_eq!(of(Duration::from_nanos(1)), "\"a\";r=0;t=1");
        assert_eq!(of(Duration::from_millis(1_001)), "\"a\";r=0;t=2");
        assert_eq!(of(Duration::from_secs(2)), "\"a\";r=0;t=2");
    }
}
