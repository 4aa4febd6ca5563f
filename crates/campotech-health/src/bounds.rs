//! Values that settings may have.

use std::time::Duration;

use crate::ConfigError;

/// # Errors
/// [`ConfigError::ZeroDuration`].
#[cfg(any(feature = "network", feature = "postgres", feature = "redis", feature = "system"))]
pub(crate) const fn not_zero(time: Duration, setting: &'static str) -> Result<Duration, ConfigError> {
    if time.is_zero() { Err(ConfigError::ZeroDuration { setting }) } else { Ok(time) }
}

/// # Errors
/// [`ConfigError::InvalidRatio`].
#[cfg(feature = "system")]
pub(crate) fn ratio(value: f64, setting: &'static str) -> Result<f64, ConfigError> {
    if value > 0.0 && value <= 1.0 { Ok(value) } else { Err(ConfigError::InvalidRatio { setting }) }
}
