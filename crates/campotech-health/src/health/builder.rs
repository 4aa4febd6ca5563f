//! How the handle is put together.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{NoObserver, Observer};
use tokio::time::Instant;

use super::Health;
use crate::check::{Component, is_name};
use crate::error::ConfigError;
use crate::state::{Plan, Settings, Shared, Thresholds, groups};

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
    groups: Vec<(Arc<str>, Vec<String>)>,
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
        Self {
            service,
            version,
            settings,
            components: Vec::new(),
            groups: Vec::new(),
            observer: Arc::new(NoObserver),
        }
    }

    /// Registers a check.
    pub fn check(mut self, component: Component) -> Self {
        self.components.push(component);
        self
    }

    /// Gives these components a route together, `/health/groups/{name}`: it says what they add up to, whatever the phase.
    ///
    /// Components with a [tag](Component::with_tag) are such a group without being named here.
    pub fn with_group<S: Into<String>>(
        mut self,
        name: impl Into<Arc<str>>,
        members: impl IntoIterator<Item = S>,
    ) -> Self {
        self.groups.push((name.into(), members.into_iter().map(Into::into).collect()));
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
    /// [`ConfigError`] on names that are invalid or used twice, on groups of what there is not, and on times that can't work
    /// together.
    pub fn build(self) -> Result<Health, ConfigError> {
        self.settings.validate()?;
        for (index, component) in self.components.iter().enumerate() {
            if !is_name(&component.name) {
                return Err(ConfigError::InvalidName { position: index + 1 });
            }
            if self.components[..index].iter().any(|other| other.name == component.name) {
                return Err(ConfigError::DuplicateName { name: component.name().to_owned() });
            }
        }
        let groups = groups(&self.components, self.groups)?;
        let own = |component: &Component| {
            let settings = self.settings.overridden(&component.overrides);
            let named =
                |error| ConfigError::Component { name: component.name().to_owned(), error: Box::new(error) };
            settings.validate().map(|()| settings).map_err(named)
        };
        let settings = self.components.iter().map(own).collect::<Result<_, _>>()?;
        let max_age = self.settings.max_age;
        let Self { service, version, components, observer, .. } = self;
        let has_peers = components.iter().any(|component| component.peer);
        let born = Instant::now();
        let plan = Plan { service, version, components, max_age, settings, groups, has_peers, born };
        Ok(Health::of(Shared::new(plan, observer)))
    }
}
