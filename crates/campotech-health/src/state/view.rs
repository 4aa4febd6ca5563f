//! What a reader makes of the published state at its own time.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::ComponentStatus::{self, Degraded, Healthy, Unhealthy, Unknown};
use tokio::time::Instant;

use super::phase::Phase;
use super::plan::Plan;
use super::record::Record;
use super::shared::Published;
use super::snapshot::{ComponentSnapshot, Snapshot};
use crate::check::{Component, Criticality};
use crate::reason::Reason;

/// Which components count in the service's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    Everything,
    /// All but those that ask other services, which may be asking us.
    WithoutPeers,
}

/// Whether traffic is welcome.
pub(crate) const fn is_ready(status: ComponentStatus, phase: Phase) -> bool {
    matches!(phase, Phase::Serving) && matches!(status, Healthy | Degraded)
}

impl Plan {
    /// What the components add up to.
    pub(super) fn status(&self, published: &Published, now: Instant, scope: Scope) -> ComponentStatus {
        let (mut unknown, mut degraded) = (false, false);
        for (component, record) in self.components.iter().zip(&published.records) {
            let out_of_scope = component.peer && scope == Scope::WithoutPeers;
            if component.criticality == Criticality::Informational || out_of_scope {
                continue;
            }
            match self.known(record, now).0 {
                Unhealthy if component.criticality == Criticality::Critical => return Unhealthy,
                Unknown => unknown = true,
                Unhealthy | Degraded => degraded = true,
                Healthy => {}
            }
        }
        match (unknown, degraded) {
            (true, _) => Unknown,
            (false, true) => Degraded,
            (false, false) => Healthy,
        }
    }

    pub(super) fn snapshot(&self, published: &Published, now: Instant, scope: Scope) -> Snapshot {
        let status = self.status(published, now, scope);
        let components = self.components.iter().zip(&published.records);
        Snapshot {
            generation: published.generation,
            service: Arc::clone(&self.service),
            version: Arc::clone(&self.version),
            status,
            phase: published.phase,
            ready: is_ready(status, published.phase),
            uptime: now - self.born,
            waiting_for: published.waiting_for.clone(),
            components: components.map(|(c, record)| self.component_view(c, record, now)).collect(),
        }
    }

    pub(super) fn component(
        &self,
        published: &Published,
        now: Instant,
        name: &str,
    ) -> Option<ComponentSnapshot> {
        let mut components = self.components.iter().zip(&published.records);
        let (component, record) = components.find(|(component, _)| &*component.name == name)?;
        Some(self.component_view(component, record, now))
    }

    pub(super) fn age(&self, published: &Published, now: Instant) -> Duration {
        let ages = published.records.iter().map(|r| now - r.last.map_or(self.born, |last| last.at));
        ages.max().unwrap_or_default()
    }

    // Age is applied here, by the reader: no writer has to be alive for a dead one to be noticed.
    fn known(&self, record: &Record, now: Instant) -> (ComponentStatus, Reason) {
        if record.is_stale(now, self.settings.max_age) {
            (Unknown, Reason::Stale)
        } else {
            (record.status, record.reason)
        }
    }

    fn component_view(&self, component: &Component, record: &Record, now: Instant) -> ComponentSnapshot {
        let (status, reason) = self.known(record, now);
        let stale_since =
            record.last.filter(|_| reason == Reason::Stale).map(|l| l.wall + self.settings.max_age);
        ComponentSnapshot {
            name: Arc::clone(&component.name),
            status,
            reason,
            criticality: component.criticality,
            latency: record.last.map(|last| last.latency),
            age: record.last.map(|last| now - last.at),
            checked_at: record.last.map(|last| last.wall),
            since: stale_since.unwrap_or(record.since),
            consecutive_failures: record.streaks.unhealthy,
        }
    }
}
