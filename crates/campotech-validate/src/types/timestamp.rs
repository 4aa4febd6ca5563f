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
        let (local, rest) = text.as_bytes().split_first_chunk::<19>().ok_or_else(invalid)?;
        let seconds = seconds(local).ok_or_else(invalid)?;
        let (nanoseconds, rest) = nanoseconds(rest).ok_or_else(invalid)?;
        let offset = match rest {
            [b'Z' | b'z'] => 0,
            [] => return Err(Violation::new(&codes::TIMESTAMP_OFFSET)),
            [sign @ (b'+' | b'-'), h, o, b':', m, i] => {
                let number =
                    |tens, units, most| two(tens, units).filter(|number| *number <= most).ok_or_else(invalid);
                let minutes = 60 * number(*h, *o, 23)? + number(*m, *i, 59)?;
                60 * if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return Err(invalid()),
        };
        let time = seconds.and_then(|seconds| jiff::Timestamp::new(seconds - offset, nanoseconds).ok());
        time.filter(readable).map(Self).ok_or_else(invalid)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
        Schema::string().with("format", "date-time").with("pattern", form)
    }
}

/// Seconds since the beginning of 1970 at `dddd-dd-ddTdd:dd:dd`; None where it has another shape, and nothing in it where there
/// is no such time.
fn seconds(local: &[u8; 19]) -> Option<Option<i64>> {
    let [c, e, y, r, b'-', m, n, b'-', d, a, b'T' | b't', h, o, b':', i, u, b':', s, t] = *local else {
        return None;
    };
    let [year, month, day] = [100 * two(c, e)? + two(y, r)?, two(m, n)?, two(d, a)?];
    let [hour, minute, second] = [two(h, o)?, two(i, u)?, two(s, t)?];
    let Some(days) = days(year, month, day) else { return Some(None) };
    // Leap seconds are none: no clock here can show them.
    let known = hour < 24 && minute < 60 && second < 60;
    Some(known.then_some(((days * 24 + hour) * 60 + minute) * 60 + second))
}

/// Days from the beginning of 1970 to a day of the Gregorian calendar, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    /// The days of a common year before each month, and of all.
    const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    /// From the beginning of the year 0.
    const TO_1970: i64 = 719_528;
    let month = usize::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = BEFORE[month] - BEFORE[month - 1] + i64::from(leap && month == 2);
    // The year 0 has one, too.
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400 + i64::from(leap && month > 2);
    let days = 365 * year + leap_days + BEFORE[month - 1] + day - 1 - TO_1970;
    (1..=length).contains(&day).then_some(days)
}

/// What one to nine digits behind a point count, and what follows them; all of `text` where there is no point.
fn nanoseconds(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b'.', text @ ..] = text else { return Some((0, text)) };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let missing = 9_usize.checked_sub(digits.len()).filter(|_| !digits.is_empty())?;
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let nanoseconds = (0..missing).fold(value, |value, _| value * 10);
    Some((i32::try_from(nanoseconds).ok()?, rest))
}

fn two(tens: u8, units: u8) -> Option<i64> {
    let both = tens.is_ascii_digit() && units.is_ascii_digit();
    both.then(|| i64::from(tens - b'0') * 10 + i64::from(units - b'0'))
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
    fn it_is_the_time_that_jiff_reads() {
        use proptest::prelude::*;
        let number = |most: u32| (0..=most).prop_map(|number| format!("{number:02}"));
        let year = prop_oneof![(0..10_000_u32), Just(0), Just(9_999), (1_890..2_110_u32)];
        let fraction = prop_oneof![Just(String::new()), "[.][0-9]{1,9}"];
        let offset = prop_oneof![Just("Z".to_owned()), "[+-][01][0-9]:[0-5][0-9]", "[+-]2[0-3]:[0-5][0-9]"];
        let date = (year, number(13), number(32));
        let time = (number(24), number(60), number(59), fraction, offset);
        proptest!(ProptestConfig::with_cases(20_000), |((year, month, day) in date, (hour, minute, second, fraction, offset) in time)| {
            let text = format!("{year:04}-{month}-{day}T{hour}:{minute}:{second}{fraction}{offset}");
            let expected = text.parse().ok().filter(readable).map(Timestamp);
            prop_assert_eq!(text.parse::<Timestamp>().ok(), expected, "{}", text);
        });
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
