//! Points in time as they are stored: microseconds, what both of our stores can keep.

use std::time::SystemTime;

use campotech::core::Clock;
use jiff::Timestamp;

/// The wall-clock time as a timestamp, cut to microseconds.
///
/// A clock outside of what a timestamp can hold (years -9999 to 9999) gives the nearest end of it.
#[must_use]
pub fn timestamp(wall: SystemTime) -> Timestamp {
    let micros = match wall.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    };
    let (earliest, latest) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    Timestamp::from_microsecond(micros.clamp(earliest, latest)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What `clock` shows, as a timestamp.
#[must_use]
pub fn wall_now<C: Clock>(clock: &C) -> Timestamp {
    timestamp(clock.wall())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nanoseconds_are_cut_so_that_a_stored_time_equals_the_answered_one() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789);
        let stamp = timestamp(wall);
        assert_eq!(stamp.as_microsecond(), 1_700_000_000_123_456);
        assert_eq!(Timestamp::from_microsecond(stamp.as_microsecond()).unwrap(), stamp);
        assert_eq!(stamp.to_string(), "2023-11-14T22:13:20.123456Z");
    }

    #[test]
    fn times_before_1970_and_far_away_do_not_panic() {
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).as_second(), -1);
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 1_000);
        assert!(timestamp(far) <= Timestamp::MAX);
    }
}
