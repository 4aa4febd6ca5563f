//! How the handle is put together.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{NoObserver, Observer};
use tokio::time::Instant;

use super::Health;
use super::prober::latest;
use crate::check::Component;
use crate::error::ConfigError;
use crate::state::{Plan, Settings, Shared, Thresholds};

/// Builds [`Health`].
///
/// # Defaults
/// A run every 5 s, give or take a tenth, and 1 s after a failure; a deadline of 1 s for a run; 2 failures in a row
/// or 1 success change a state; a result is stale after 15 s. A dependency that freezes shows within 9 s.
#[derive(Debug)]
#[must_use]
pub struct HealthBuilder {
    service: Arc<str>,
    version: Arc<str>,
    settings: Settings,
    components: Vec<Component>,
    observer: Arc<dyn Observer>,
}

impl HealthBuilder {
    pub(super) fn new(service: Arc<str>, version: Arc<str>) -> Self {
        const TWO: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        let settings = Settings {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            reprobe: Duration::from_secs(1),
            max_age: Duration::from_secs(15),
            thresholds: Thresholds { failures: TWO, successes: NonZeroU32::MIN },
        };
        Self { service, version, settings, components: Vec::new(), observer: Arc::new(NoObserver) }
    }

    /// Registers a check.
    pub fn check(mut self, component: Component) -> Self {
        self.components.push(component);
        self
    }

    /// The time from run to run; each is shortened or lengthened by up to a tenth, so that instances spread.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.settings.interval = interval;
        self
    }

    /// The deadline of a run; below half of the interval.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// The time to the next run after a failure.
    pub fn with_reprobe(mut self, reprobe: Duration) -> Self {
        self.settings.reprobe = reprobe;
        self
    }

    /// The age from which on a result is unknown.
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.settings.max_age = max_age;
        self
    }

    /// How many results in a row make a component worse.
    pub fn with_failure_threshold(mut self, failures: NonZeroU32) -> Self {
        self.settings.thresholds.failures = failures;
        self
    }

    /// How many results in a row make a component better.
    pub fn with_success_threshold(mut self, successes: NonZeroU32) -> Self {
        self.settings.thresholds.successes = successes;
        self
    }

    /// Whom to tell of runs and changes.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The handle; nothing runs before [`Health::start`].
    ///
    /// # Errors
    /// [`ConfigError`] on names that are invalid or used twice, and on times that can't work together.
    pub fn build(self) -> Result<Health, ConfigError> {
        self.validate_times()?;
        for (index, component) in self.components.iter().enumerate() {
            if !component.has_valid_name() {
                return Err(ConfigError::InvalidName { position: index + 1 });
            }
            if self.components[..index].iter().any(|other| other.name == component.name) {
                return Err(ConfigError::DuplicateName { name: component.name().to_owned() });
            }
        }
        let Self { service, version, settings, components, observer } = self;
        let plan = Plan { service, version, settings, components, born: Instant::now() };
        Ok(Health::of(Shared::new(plan, observer)))
    }

    fn validate_times(&self) -> Result<(), ConfigError> {
        let Settings { interval, timeout, reprobe, max_age, .. } = self.settings;
        let zero = [(interval, "the interval"), (timeout, "the timeout"), (reprobe, "the re-probe delay")];
        if let Some((_, setting)) = zero.into_iter().find(|(duration, _)| duration.is_zero()) {
            return Err(ConfigError::ZeroDuration { setting });
        }
        if timeout >= interval / 2 {
            return Err(ConfigError::TimeoutTooLong { timeout, interval });
        }
        if reprobe > interval {
            return Err(ConfigError::ReprobeTooLong { reprobe, interval });
        }
        let needed = latest(interval).saturating_add(timeout);
        if max_age < needed {
            return Err(ConfigError::MaxAgeTooShort { max_age, needed });
        }
        Ok(())
    }
}
