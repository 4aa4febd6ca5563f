//! The state at one moment, as values.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use campotech_core::ComponentStatus;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::Phase;
use super::view::Glance;
use crate::{Criticality, Measures, Reason};

/// The service at one moment; serialises to the body of `/health`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// Grows with everything that is published.
    pub generation: u64,
    /// The service's name.
    pub service: Arc<str>,
    /// The service's version.
    pub version: Arc<str>,
    /// What the components add up to.
    pub status: ComponentStatus,
    /// Where the service is in its life.
    pub phase: Phase,
    /// Whether the runtime that is watched does no work.
    pub stalled: bool,
    /// Whether traffic is welcome.
    pub ready: bool,
    /// The time since the service was built.
    pub uptime: Duration,
    /// The latches that are held.
    pub waiting_for: Vec<&'static str>,
    /// The components, in the order of registration.
    pub components: Vec<ComponentSnapshot>,
}

/// One component at one moment; serialises to its entry in the body of `/health`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ComponentSnapshot {
    /// The registered name.
    pub name: Arc<str>,
    /// Its state, after thresholds and age.
    pub status: ComponentStatus,
    /// Why.
    pub reason: Reason,
    /// How much it matters.
    pub criticality: Criticality,
    /// How long the last run took.
    pub latency: Option<Duration>,
    /// How old the last result is.
    pub age: Option<Duration>,
    /// When the last result was there.
    pub checked_at: Option<SystemTime>,
    /// Since when it has been in this state.
    pub since: SystemTime,
    /// How many of the latest runs failed in a row.
    pub consecutive_failures: u32,
    /// The numbers that the last run read.
    pub measures: Measures,
}

struct Components<'a>(&'a [ComponentSnapshot]);

impl Snapshot {
    /// What there is to say without naming a component.
    pub(crate) const fn glance(&self) -> Glance {
        Glance { status: self.status, phase: self.phase, stalled: self.stalled }
    }

    /// The component of that name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&ComponentSnapshot> {
        self.components.iter().find(|component| &*component.name == name)
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 7 + usize::from(!self.waiting_for.is_empty()) + usize::from(self.stalled);
        let mut body = serializer.serialize_struct("Snapshot", fields)?;
        body.serialize_field("status", self.status.as_str())?;
        body.serialize_field("phase", &self.phase)?;
        if self.stalled {
            body.serialize_field("stalled", &true)?;
        }
        body.serialize_field("service", &*self.service)?;
        body.serialize_field("version", &*self.version)?;
        body.serialize_field("generation", &self.generation)?;
        body.serialize_field("uptime_seconds", &self.uptime.as_secs())?;
        if !self.waiting_for.is_empty() {
            body.serialize_field("waiting_for", &self.waiting_for)?;
        }
        body.serialize_field("components", &Components(&self.components))?;
        body.end()
    }
}

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for component in self.0 {
            map.serialize_entry(&*component.name, component)?;
        }
        map.end()
    }
}

impl Serialize for ComponentSnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("ComponentSnapshot", 9)?;
        body.serialize_field("status", self.status.as_str())?;
        body.serialize_field("reason", &self.reason)?;
        body.serialize_field("critical", &(self.criticality == Criticality::Critical))?;
        body.serialize_field("criticality", &self.criticality)?;
        body.serialize_field("latency_ms", &self.latency.map(millis))?;
        body.serialize_field("age_seconds", &self.age.map(seconds))?;
        body.serialize_field("since", &rfc3339(self.since))?;
        body.serialize_field("consecutive_failures", &self.consecutive_failures)?;
        if self.measures.is_empty() {
            body.skip_field("measures")?;
        } else {
            body.serialize_field("measures", &self.measures)?;
        }
        body.end()
    }
}

/// Milliseconds, to the microsecond.
#[allow(clippy::cast_precision_loss, reason = "no duration here comes near 2^53 microseconds")]
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

/// Seconds, to the millisecond.
#[allow(clippy::cast_precision_loss, reason = "no duration here comes near 2^53 milliseconds")]
fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1e3
}

/// RFC 3339 in UTC, to the millisecond; nothing for a clock that is off by millennia.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time).ok().map(|time| format!("{time:.3}"))
}
