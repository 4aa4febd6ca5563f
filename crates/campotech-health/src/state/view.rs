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

/// What there is to say without naming a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) status: ComponentStatus,
    pub(crate) phase: Phase,
    pub(crate) stalled: bool,
}

/// What components add up to as long as all of their results are fresh.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total {
    status: ComponentStatus,
    /// The last moment at which they are; none where nothing can grow stale.
    until: Option<Instant>,
}

impl Glance {
    /// Whether traffic is welcome.
    pub(crate) const fn is_ready(self) -> bool {
        matches!(self.phase, Phase::Serving) && matches!(self.status, Healthy | Degraded) && !self.stalled
    }
}

impl Plan {
    /// What the components add up to.
    pub(super) fn total(&self, published: &Published, now: Instant, scope: Scope) -> ComponentStatus {
        let total = published.totals[scope as usize];
        if total.until.is_none_or(|until| now <= until) {
            return total.status;
        }
        let known = |index: usize, record: &Record| self.known(index, record, now).0;
        self.add_up(self.counted(&published.records, scope), known)
    }

    /// The same for all the time to the first result that grows stale.
    pub(super) fn sum(&self, records: &[Record], scope: Scope) -> Total {
        let until = self
            .counted(records, scope)
            .filter_map(|(index, record)| record.fresh_until(self.settings[index].max_age))
            .min();
        Total { status: self.add_up(self.counted(records, scope), |_, record| record.status), until }
    }

    pub(super) fn group_view(
        &self,
        published: &Published,
        now: Instant,
        members: &[usize],
        scope: Scope,
    ) -> (ComponentStatus, Vec<ComponentSnapshot>) {
        // Here they count whatever they matter to the service: it is them that are asked about.
        let counts = |index: &usize| !(self.components[*index].peer && scope == Scope::WithoutPeers);
        let counted = members.iter().copied().filter(counts).map(|index| (index, &published.records[index]));
        let status = self.add_up(counted, |index, record| self.known(index, record, now).0);
        (status, members.iter().map(|&index| self.component(published, now, index)).collect())
    }

    pub(super) fn snapshot(&self, published: &Published, now: Instant, scope: Scope) -> Snapshot {
        let status = self.total(published, now, scope);
        let glance = Glance { status, phase: published.phase, stalled: published.stalled };
        Snapshot {
            generation: published.generation,
            service: Arc::clone(&self.service),
            version: Arc::clone(&self.version),
            status,
            phase: published.phase,
            stalled: published.stalled,
            ready: glance.is_ready(),
            uptime: now - self.born,
            waiting_for: published.waiting_for.clone(),
            components: (0..self.components.len())
                .map(|index| self.component(published, now, index))
                .collect(),
        }
    }

    pub(super) fn component(&self, published: &Published, now: Instant, index: usize) -> ComponentSnapshot {
        let (component, record) = (&self.components[index], &published.records[index]);
        let (status, reason) = self.known(index, record, now);
        let max_age = self.settings[index].max_age;
        let stale = record.last.filter(|_| record.is_stale(now, max_age));
        let stale_since = stale.and_then(|last| last.wall.checked_add(max_age));
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
            measures: record.last.map(|last| last.measures).unwrap_or_default(),
        }
    }

    pub(super) fn age(&self, published: &Published, now: Instant) -> Duration {
        let counted = published.records.iter().zip(&self.components).zip(&self.settings);
        let counted =
            counted.filter(|((_, component), _)| component.criticality != Criticality::Informational);
        let ages = counted.map(|((record, _), settings)| {
            let age = now - record.last.map_or(self.born, |last| last.at);
            // Beyond what it may be older than others.
            age.saturating_sub(settings.max_age.saturating_sub(self.max_age))
        });
        ages.max().unwrap_or_default()
    }

    /// When the first result that is fresh now grows stale.
    pub(super) fn fresh_until(&self, published: &Published, now: Instant) -> Option<Instant> {
        let records = published.records.iter().zip(&self.settings);
        let ends = records.filter_map(|(record, settings)| record.fresh_until(settings.max_age));
        ends.filter(|until| *until >= now).min()
    }

    // Age is applied here, by the reader: no writer has to be alive for a dead one to be noticed.
    fn known(&self, index: usize, record: &Record, now: Instant) -> (ComponentStatus, Reason) {
        if record.is_stale(now, self.settings[index].max_age) {
            (Unknown, Reason::Stale)
        } else {
            (record.status, record.reason)
        }
    }

    /// Those that make the service's status.
    fn counted<'a>(
        &'a self,
        records: &'a [Record],
        scope: Scope,
    ) -> impl Iterator<Item = (usize, &'a Record)> {
        records.iter().enumerate().filter(move |(index, _)| {
            let Component { criticality, peer, .. } = &self.components[*index];
            *criticality != Criticality::Informational && !(*peer && scope == Scope::WithoutPeers)
        })
    }

    fn add_up<'a>(
        &self,
        records: impl Iterator<Item = (usize, &'a Record)>,
        known: impl Fn(usize, &Record) -> ComponentStatus,
    ) -> ComponentStatus {
        let (mut unknown, mut degraded) = (false, false);
        for (index, record) in records {
            let component = &self.components[index];
            let fails_open = component.fails_open && record.has_worked;
            match known(index, record) {
                Unhealthy if component.criticality == Criticality::Critical && !fails_open => {
                    return Unhealthy;
                }
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
}
