//! How long relay and worker may sleep before they look again.

use std::time::Duration;

use jiff::Timestamp;

/// What another replica left lying is found by looking.
const LONGEST: Duration = Duration::from_secs(5);

/// Until the next entry is due, and no longer than the longest sleep.
pub(super) fn until(due: Option<Timestamp>, now: Timestamp) -> Duration {
    let until = due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
    until.map_or(LONGEST, |until| until.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_due_and_far_away_are_the_longest_and_overdue_is_at_once() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let at = |millis: i64| Some(now + jiff::SignedDuration::from_millis(millis));
        assert_eq!(until(None, now), LONGEST);
        assert_eq!(until(at(86_400_000), now), LONGEST);
        assert_eq!(until(at(1_500), now), Duration::from_millis(1_500));
        assert_eq!(until(at(-1), now), Duration::ZERO);
    }
}
