//! What vendors of tracing tell each other, sent on unread.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A `tracestate` (W3C Trace Context, section 3.3): opaque, bounded, visible ASCII.
// One word, as a request's context is moved often and hardly ever has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceState(Arc<HeaderValue>);

/// What every participant must at least send on.
const LONGEST: usize = 512;
const MOST_MEMBERS: usize = 32;

impl TraceState {
    /// The state of these headers, several joined into one; none where there is none, or where it is malformed, empty
    /// or longer than 512 characters.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        static NAME: HeaderName = TRACESTATE;
        let mut values = headers.get_all(&NAME).iter();
        let first = values.next()?;
        let Some(second) = values.next() else { return Self::adopt(first) };
        let mut joined = first.as_bytes().to_vec();
        for value in std::iter::once(second).chain(values) {
            if joined.len() + value.len() >= LONGEST {
                return None;
            }
            joined.push(b',');
            joined.extend_from_slice(value.as_bytes());
        }
        Self::adopt(&HeaderValue::from_bytes(&joined).ok()?)
    }

    /// The state of one value; a clone of it shares its bytes.
    #[must_use]
    pub fn adopt(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok().filter(|text| text.len() <= LONGEST)?;
        let mut members = text.split(',').map(str::trim).filter(|member| !member.is_empty()).peekable();
        members.peek()?;
        let mut count = 0;
        let fine = members.all(|member| {
            count += 1;
            member.split_once('=').is_some_and(|(key, value)| is_key(key) && is_value(value))
        });
        (fine && count <= MOST_MEMBERS).then(|| Self(Arc::new(value.clone())))
    }

    /// The state as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("")
    }

    /// The state as a header's value; cloning it copies nothing.
    #[must_use]
    pub fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

fn is_key(key: &str) -> bool {
    let plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'*' | b'/' | b'@');
    (1..=256).contains(&key.len()) && key.bytes().all(plain)
}

fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len()) && value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let pairs = values.iter().map(|value| (TRACESTATE, HeaderValue::from_str(value).unwrap()));
        TraceState::from_headers(&pairs.collect()).map(|state| state.as_str().to_owned())
    }

    #[test]
    fn what_is_well_formed_is_sent_on_as_it_came() {
        for fine in ["a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "tenant@v=x", "a=1 , b=2", "a=1,,b=2"]
        {
            assert_eq!(of(&[fine]).as_deref(), Some(fine));
        }
        assert_eq!(of(&["a=1", "b=2", "c=3"]).as_deref(), Some("a=1,b=2,c=3"));
    }

    #[test]
    fn what_is_not_is_left_out() {
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        let long = format!("a={}", "x".repeat(257));
        let half = format!("a={0},b={0}", "x".repeat(250));
        for bad in ["", " ", ",", "a", "=1", "a=", "A=1", "a=b=c", "a=é", "a=1,b", &many, &long] {
            assert_eq!(of(&[bad]), None, "{bad}");
        }
        assert!(of(&[&half]).is_some());
        assert_eq!(of(&[&half, "c=1234567890"]), None, "too long together");
        assert_eq!(of(&["a=1", "b"]), None);
    }
}
