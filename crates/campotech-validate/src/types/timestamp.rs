//! Points in time.

use std::fmt;
use std::time::SystemTime;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// A point in time, written as RFC 3339 with its offset: `2026-01-02T03:04:05-03:00`.
///
/// A time without an offset is a different thing, and refused as `timestamp.offset`; so are leap seconds, which no clock
/// here can show. From the beginning of the year 0 to `9999-12-30T22:00:00.999999999Z`, a day and two hours before four digits
/// end, so that any offset can be added. Normal form: UTC with a `Z`, fractions down to
/// nanoseconds.
///
/// ```
/// use campotech_validate::Timestamp;
///
/// let time: Timestamp = "2026-01-02T03:04:05-03:00".parse()?;
/// assert_eq!(time.to_string(), "2026-01-02T06:04:05Z");
/// assert_eq!("2026-01-02T03:04:05".parse::<Timestamp>().unwrap_err().code().name, "timestamp.offset");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Seconds since the beginning of 1970 in UTC, rounded down.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.0.as_nanosecond().div_euclid(1_000_000_000).try_into().unwrap_or(i64::MAX)
    }

    /// The point `seconds` after the beginning of 1970 in UTC; None before the year 0 or after `9999-12-30T22:00:00Z`.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().filter(readable).map(Self)
    }
}

/// Whether RFC 3339 has a way to write it in UTC: an offset can push it before the year 0. The other end is that of
/// `jiff::Timestamp`.
fn readable(time: &jiff::Timestamp) -> bool {
    const YEAR_0: i128 = -62_167_219_200;
    time.as_nanosecond() >= YEAR_0 * 1_000_000_000
}

impl ParseText for Timestamp {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let invalid = || Violation::new(&codes::TIMESTAMP_INVALID);
        let bytes = text.as_bytes();
        if !matches_shape(bytes.get(..19).ok_or_else(invalid)?, b"dddd-dd-ddTdd:dd:dd") {
            return Err(invalid());
        }
        let mut rest = &bytes[19..];
        if let [b'.', fraction @ ..] = rest {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return Err(invalid());
            }
            rest = &fraction[digits..];
        }
        match rest {
            b"Z" | b"z" => {}
            [] => return Err(Violation::new(&codes::TIMESTAMP_OFFSET)),
            [b'+' | b'-', offset @ ..] if matches_shape(offset, b"dd:dd") => {
                let number = |at: usize| u32::from(offset[at] - b'0') * 10 + u32::from(offset[at + 1] - b'0');
                if number(0) > 23 || number(3) > 59 {
                    return Err(invalid());
                }
            }
            _ => return Err(invalid()),
        }
        if &bytes[17..19] == b"60" {
            return Err(invalid());
        }
        text.parse().ok().filter(readable).map(Self).ok_or_else(invalid)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
        Schema::string().with("format", "date-time").with("pattern", form)
    }
}

/// `d` stands for a digit, `T` for itself in either case.
fn matches_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            shape => byte.eq_ignore_ascii_case(shape),
        })
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = Violation;

    fn try_from(time: SystemTime) -> Result<Self, Violation> {
        let time = jiff::Timestamp::try_from(time).ok().filter(readable).map(Self);
        time.ok_or_else(|| Violation::new(&codes::TIMESTAMP_INVALID))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        time.0.into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_applied() {
        let time: Timestamp = "2026-01-02T03:04:05.250-03:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-01-02T06:04:05.25Z");
        assert_eq!(time.unix_seconds(), 1_767_333_845);
        assert_eq!(Timestamp::try_from(SystemTime::from(time)), Ok(time));
        for fine in ["2026-01-02t03:04:05z", "2024-02-29T00:00:00Z", "2026-01-02T03:04:05.123456789+23:59"] {
            assert!(fine.parse::<Timestamp>().is_ok(), "{fine}");
        }
    }

    #[test]
    fn it_begins_with_the_year_0_and_ends_a_day_before_the_year_10000() {
        use std::time::Duration;
        let first: Timestamp = "0000-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(first.unix_seconds(), -62_167_219_200);
        assert_eq!(Timestamp::from_unix_seconds(first.unix_seconds()), Some(first));
        assert_eq!(Timestamp::from_unix_seconds(first.unix_seconds() - 1), None);
        assert_eq!(Timestamp::try_from(SystemTime::from(first)), Ok(first));
        for before in [Duration::from_nanos(1), Duration::from_millis(500), Duration::from_secs(86_400)] {
            let before = SystemTime::from(first) - before;
            assert_eq!(Timestamp::try_from(before).unwrap_err().code().name, "timestamp.invalid");
        }
        let last: Timestamp = "9999-12-30T22:00:00.999999999Z".parse().unwrap();
        assert_eq!(
            Timestamp::from_unix_seconds(last.unix_seconds()).unwrap().unix_seconds(),
            253_402_207_200
        );
        assert_eq!(Timestamp::from_unix_seconds(last.unix_seconds() + 1), None);
        assert_eq!(last.to_string().parse(), Ok(last));
        for beyond in [
            "0000-01-01T00:00:59.5+00:01",
            "0000-01-01T00:00:59.999999999+00:01",
            "0000-01-01T00:00:00+00:01",
            "9999-12-30T22:00:01Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-03:00",
        ] {
            assert_eq!(beyond.parse::<Timestamp>().unwrap_err().code().name, "timestamp.invalid", "{beyond}");
        }
    }

    #[test]
    fn what_the_rfc_does_not_have_is_refused() {
        assert_eq!("2026-01-02T03:04:05".parse::<Timestamp>().unwrap_err().code().name, "timestamp.offset");
        for bad in [
            "",
            "2026-01-02",
            "2026-02-30T00:00:00Z",
            "2026-01-02 03:04:05Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T03:04Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.1234567891Z",
            "2026-01-02T03:04:05-3",
            "2026-01-02T03:04:05-24:00",
            "2026-01-02T03:04:05-03:60",
            "2026-01-02T03:04:05Z[America/Argentina/Buenos_Aires]",
            "+002026-01-02T03:04:05Z",
            "ñ026-01-02T03:04:05Z",
        ] {
            assert_eq!(bad.parse::<Timestamp>().unwrap_err().code().name, "timestamp.invalid", "{bad}");
        }
    }
}
