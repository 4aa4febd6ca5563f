//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, structured fields of RFC 9651).

use std::io::Write;

use http::{HeaderName, HeaderValue};

use super::quota::Quota;
use super::standing::Standing;

pub(super) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// `"auth";q=10;w=900`
pub(super) fn policy(name: &str, quota: Quota) -> HeaderValue {
    render(format_args!("\"{name}\";q={};w={}", quota.limit(), quota.window().as_secs()))
}

/// `"auth";r=9;t=900`
pub(super) fn standing(name: &str, standing: &Standing) -> HeaderValue {
    render(format_args!("\"{name}\";r={};t={}", standing.remaining, standing.wait_seconds()))
}

// A name has 32 bytes at most, a number 20, so the text fits and holds visible ASCII only. The value is copied out of the
// stack in one allocation.
fn render(text: std::fmt::Arguments<'_>) -> HeaderValue {
    let mut buffer = [0_u8; 96];
    let mut rest = &mut buffer[..];
    let _ = rest.write_fmt(text);
    let free = rest.len();
    let written = buffer.len() - free;
    HeaderValue::from_bytes(&buffer[..written]).unwrap_or_else(|_| HeaderValue::from_static(""))
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
            standing(&name, &most),
            format!("\"{name}\";r=4294967295;t=18446744073709551615").as_str()
        );
    }

    #[test]
    fn seconds_are_rounded_up() {
        let of = |wait| standing("a", &Standing { allowed: false, remaining: 0, wait });
        assert_eq!(of(Duration::ZERO), "\"a\";r=0;t=1");
        assert_eq!(of(Duration::from_nanos(1)), "\"a\";r=0;t=1");
        assert_eq!(of(Duration::from_millis(1_001)), "\"a\";r=0;t=2");
        assert_eq!(of(Duration::from_secs(2)), "\"a\";r=0;t=2");
    }
}
