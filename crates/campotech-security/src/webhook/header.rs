//! Headers of webhooks, read strictly and within bounds.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName};

use super::error::WebhookReason;

/// An HMAC-SHA256 that was sent.
pub(super) type Tag = [u8; 32];

/// The signatures of one request: several while the sender rotates its secret.
#[derive(Debug)]
pub(super) struct Tags {
    tags: [Tag; MOST_TAGS],
    len: usize,
}

const MOST_TAGS: usize = 8;
const LONGEST_VALUE: usize = 1_024;
const LONGEST_NAME: usize = 256;
const LONGEST_TIME: usize = 14;
/// Above this, a time is in milliseconds: as seconds it would be in the year 5138.
const MOST_SECONDS: u64 = 100_000_000_000;

impl Tags {
    pub(super) const fn new() -> Self {
        Self { tags: [[0; 32]; MOST_TAGS], len: 0 }
    }

    pub(super) fn one(tag: Option<Tag>) -> Result<Self, WebhookReason> {
        let mut tags = Self::new();
        tags.push(tag)?;
        Ok(tags)
    }

    /// Takes one that could be read; more than eight are nobody's rotation.
    pub(super) fn push(&mut self, tag: Option<Tag>) -> Result<(), WebhookReason> {
        let slot = self.tags.get_mut(self.len).ok_or(WebhookReason::Malformed)?;
        *slot = tag.ok_or(WebhookReason::Malformed)?;
        self.len += 1;
        Ok(())
    }

    pub(super) fn all(&self) -> &[Tag] {
        &self.tags[..self.len]
    }
}

/// The value of a header that may be there once only.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, WebhookReason> {
    optional(headers, name)?.ok_or(WebhookReason::Missing)
}

pub(super) fn optional<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, WebhookReason> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.len() <= LONGEST_VALUE => {
            value.to_str().map(Some).map_err(|_| WebhookReason::Malformed)
        }
        _ => Err(WebhookReason::Malformed),
    }
}

/// A name that is put between the separators of what is signed, so it holds none.
///
/// With one in it, the same signature would vouch for another division of the same text.
pub(super) fn is_name(text: &str, separator: u8) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != separator)
}

/// `name=value` pairs between commas.
pub(super) fn pairs(value: &str) -> impl Iterator<Item = Result<(&str, &str), WebhookReason>> {
    value.split(',').map(|pair| pair.trim_ascii().split_once('=').ok_or(WebhookReason::Malformed))
}

/// A time since the Unix epoch, in seconds.
pub(super) fn seconds(text: &str) -> Result<SystemTime, WebhookReason> {
    time(Duration::from_secs(digits(text)?))
}

/// A time since the Unix epoch, in seconds or milliseconds.
pub(super) fn seconds_or_millis(text: &str) -> Result<SystemTime, WebhookReason> {
    match digits(text)? {
        seconds @ ..MOST_SECONDS => time(Duration::from_secs(seconds)),
        millis => time(Duration::from_millis(millis)),
    }
}

fn time(since: Duration) -> Result<SystemTime, WebhookReason> {
    SystemTime::UNIX_EPOCH.checked_add(since).ok_or(WebhookReason::Malformed)
}

fn digits(text: &str) -> Result<u64, WebhookReason> {
    let fine = (1..=LONGEST_TIME).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fine).ok_or(WebhookReason::Malformed)
}

/// 64 hexadecimal digits. Which digits they are shows in neither branches nor instructions.
pub(super) fn hex(text: &str) -> Option<Tag> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let (mut tag, mut faults) = ([0; 32], 0);
    for (byte, [high, low]) in tag.iter_mut().zip(digits.as_chunks::<2>().0) {
        let (high, low) = (NIBBLES[usize::from(*high)], NIBBLES[usize::from(*low)]);
        faults |= high | low;
        *byte = high << 4 | low & 0x0f;
    }
    (faults & 0xf0 == 0).then_some(tag)
}

/// 44 characters of base64.
pub(super) fn base64(text: &str) -> Option<Tag> {
    let mut decoded = [0; 33];
    let len = STANDARD.decode_slice(text.as_bytes().get(..44).filter(|_| text.len() == 44)?, &mut decoded);
    len.ok().filter(|len| *len == 32).and_then(|_| decoded.first_chunk().copied())
}

/// Whether the body is said to have a coding: a signature is one of the bytes as they were sent.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What a hexadecimal digit stands for; `0xff` for other bytes.
const NIBBLES: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        table[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_both_cases_are_read_and_nothing_else() {
        let text = "00ff10Aa".repeat(8);
        assert_eq!(hex(&text), Some(*[[0, 0xff, 0x10, 0xaa]; 8].as_flattened().first_chunk().unwrap()));
        for byte in (0..=u8::MAX).filter(|byte| byte.is_ascii() && !byte.is_ascii_hexdigit()) {
            for at in [0, 1, 63] {
                let mut bad = text.clone().into_bytes();
                bad[at] = byte;
                assert_eq!(hex(std::str::from_utf8(&bad).unwrap()), None, "{byte} at {at}");
            }
        }
        assert_eq!((hex(&text[1..]), hex(&format!("{text}0")), hex("")), (None, None, None));
    }

    #[test]
    fn times_are_digits_in_one_of_two_units() {
        let at = |millis| Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(seconds_or_millis("1704908010"), at(1_704_908_010_000));
        assert_eq!(seconds_or_millis("1704908010123"), at(1_704_908_010_123));
        assert_eq!(seconds("0001"), at(1_000));
        for bad in ["", "-1", "+1", "1.5", " 1", "1e9", "123456789012345", "\u{661}"] {
            assert_eq!(seconds(bad), Err(WebhookReason::Malformed), "{bad}");
            assert_eq!(seconds_or_millis(bad), Err(WebhookReason::Malformed), "{bad}");
        }
    }

    #[test]
    fn base64_is_of_32_bytes() {
        let good = STANDARD.encode([7; 32]);
        assert_eq!(base64(&good), Some([7; 32]));
        for bad in [STANDARD.encode([7; 31]), STANDARD.encode([7; 33]), good.replace('=', ""), String::new()]
        {
            assert_eq!(base64(&bad), None, "{bad}");
        }
        assert_eq!(base64(&"\u{e9}".repeat(22)), None);
    }
}
