//! So many in so long.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use crate::ConfigError;

/// How many requests in how long: `10/15m`.
///
/// A quota of nothing, or with a window that is not in whole seconds from 1 s to 31 days, is refused by whatever is
/// built with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u32,
    window: Duration,
}

const LONGEST_SECONDS: u64 = 31 * 86_400;

impl Quota {
    /// `limit` in any `window`.
    #[must_use]
    pub const fn new(limit: NonZeroU32, window: Duration) -> Self {
        Self::unchecked(limit.get(), window)
    }

    /// `limit` a second.
    #[must_use]
    pub const fn per_second(limit: u32) -> Self {
        Self::unchecked(limit, Duration::from_secs(1))
    }

    /// `limit` a minute.
    #[must_use]
    pub const fn per_minute(limit: u32) -> Self {
        Self::unchecked(limit, Duration::from_secs(60))
    }

    /// `limit` an hour.
    #[must_use]
    pub const fn per_hour(limit: u32) -> Self {
        Self::unchecked(limit, Duration::from_secs(3_600))
    }

    /// Reads `10/15m`: a count, a slash, a time in `s`, `m`, `h` or `d` (`100/m` is `100/1m`).
    ///
    /// # Errors
    /// [`ConfigError::Quota`] where it is not written so, [`ConfigError::QuotaRange`] where no limiter can keep it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let refused = || ConfigError::Quota(text.to_owned());
        let (limit, window) = text.split_once('/').ok_or_else(refused)?;
        let number = |digits: &str| {
            // `parse` alone would take a sign.
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten()
        };
        let limit = number(limit).ok_or_else(refused)?;
        let digits = window.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = window.split_at(digits);
        let count = if count.is_empty() { 1 } else { number(count).ok_or_else(refused)? };
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(refused()),
        };
        let quota = Self::unchecked(limit, Duration::from_secs(u64::from(count) * seconds));
        quota.check()?;
        Ok(quota)
    }

    /// How many.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// In how long.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    pub(super) const fn unchecked(limit: u32, window: Duration) -> Self {
        Self { limit, window }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let seconds = self.window.as_secs();
        let fine =
            self.limit >= 1 && (1..=LONGEST_SECONDS).contains(&seconds) && self.window.subsec_nanos() == 0;
        if fine { Ok(()) } else { Err(ConfigError::QuotaRange) }
    }

    pub(super) fn window_nanos(&self) -> u64 {
        u64::try_from(self.window.as_nanos()).unwrap_or(u64::MAX)
    }

    /// How long one takes to come back: rounded up, so that rounding never admits more.
    pub(super) fn interval_nanos(&self) -> u64 {
        self.window_nanos().div_ceil(u64::from(self.limit))
    }
}

impl FromStr for Quota {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.window.as_secs();
        match seconds {
            s if s > 0 && s % 86_400 == 0 => write!(f, "{}/{}d", self.limit, s / 86_400),
            s if s > 0 && s % 3_600 == 0 => write!(f, "{}/{}h", self.limit, s / 3_600),
            s if s > 0 && s % 60 == 0 => write!(f, "{}/{}m", self.limit, s / 60),
            s => write!(f, "{}/{s}s", self.limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotas_are_read_as_written() {
        assert_eq!(Quota::parse("100/1m"), Ok(Quota::per_minute(100)));
        assert_eq!(Quota::parse("100/m"), Ok(Quota::per_minute(100)));
        assert_eq!(Quota::parse("5/s"), Ok(Quota::per_second(5)));
        assert_eq!(Quota::parse("7/60m"), Ok(Quota::per_hour(7)));
        assert_eq!(Quota::parse("10/15m").unwrap().window(), Duration::from_secs(900));
    }

    #[test]
    fn what_is_no_quota_is_refused() {
        for bad in [
            "",
            "10",
            "/",
            "10/",
            "10/15",
            "10/15x",
            "+1/m",
            "1/+1m",
            "a/1m",
            " 1/m",
            "1/1m ",
            "4294967296/m",
            "1/m/m",
        ] {
            assert_eq!(Quota::parse(bad).unwrap_err().code(), "quota", "{bad}");
        }
        for bad in ["0/m", "1/0s", "1/32d", "1/4294967295d"] {
            assert_eq!(Quota::parse(bad), Err(ConfigError::QuotaRange), "{bad}");
        }
        let half = Quota::new(NonZeroU32::MIN, Duration::from_millis(1_500));
        assert_eq!(half.check(), Err(ConfigError::QuotaRange));
    }

    proptest! {
        #[test]
        fn shown_quotas_are_read_back(limit in 1_u32.., seconds in 1..=LONGEST_SECONDS) {
            let quota = Quota::unchecked(limit, Duration::from_secs(seconds));
            prop_assert_eq!(Quota::parse(&quota.to_string()), Ok(quota));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = Quota::parse(&text);
        }
    }
}
