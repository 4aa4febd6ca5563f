//! What guards, limits, checks and validation report, as metrics.

use campotech_core::{
    CheckReport, ComponentStatus, Decision, Measure, Measurement, Observer, RateLimitVerdict, StateChange,
};

use crate::Metrics;
use crate::exposition::Exposition;
use crate::names::{self, OVERFLOW, UNMATCHED};
use crate::series::{Budget, Counter, Family, Gauge, Histogram, Level, PROBE_SECONDS};
use crate::shortcuts::Shortcuts;

const VERDICTS: [RateLimitVerdict; 4] = [
    RateLimitVerdict::Allowed,
    RateLimitVerdict::Limited,
    RateLimitVerdict::Shadow,
    RateLimitVerdict::StoreError,
];

const STATES: [ComponentStatus; 4] = [
    ComponentStatus::Unknown,
    ComponentStatus::Unhealthy,
    ComponentStatus::Degraded,
    ComponentStatus::Healthy,
];

/// The families behind [`Observer`].
pub(crate) struct Reports {
    rate_limit: Family<Counter, 2>,
    security: Family<Counter, 3>,
    shortcuts: Shortcuts,
    validation: Family<Counter, 2>,
    health_status: Family<Gauge, 1>,
    health_duration: Family<Histogram, 2>,
    health_changes: Family<Counter, 2>,
    /// One for each measure, in the order of [`Measure::ALL`].
    health_measures: [Family<Level, 1>; Measure::ALL.len()],
}

impl Reports {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            rate_limit: Family::new(&names::RATE_LIMIT, ["tier", "decision"], limit, Counter::default),
            security: Family::new(&names::SECURITY, ["guard", "decision", "reason"], limit, Counter::default),
            shortcuts: Shortcuts::new(),
            validation: Family::new(&names::VALIDATION, ["path", "code"], limit, Counter::default),
            health_status: Family::new(&names::HEALTH_STATUS, ["component"], limit, Gauge::default),
            health_duration: Family::new(&names::HEALTH_DURATION, ["component", "outcome"], limit, || {
                Histogram::new(&PROBE_SECONDS)
            }),
            health_changes: Family::new(&names::HEALTH_CHANGES, ["component", "to"], limit, Counter::default),
            health_measures: names::MEASURES.map(|desc| Family::new(desc, ["component"], limit, unread)),
        }
    }

    /// Shows a component from its first report on: unknown, and no change of state.
    fn declare_component(&self, component: &str) {
        if !self.health_status.has([component]) {
            self.health_status.declare([component]);
            STATES.iter().for_each(|to| self.health_changes.declare([component, to.as_str()]));
        }
    }

    /// Decisions of a tier so far; 0 for one that has not decided yet.
    pub(crate) fn rate_limited(&self, tier: &str, verdict: RateLimitVerdict) -> u64 {
        let mut decisions = 0;
        self.rate_limit.with_known([tier, verdict.as_str()], |counter| decisions = counter.get());
        decisions
    }

    pub(crate) fn budgets(&self) -> impl Iterator<Item = &Budget> {
        let own = [
            self.rate_limit.budget(),
            self.security.budget(),
            self.validation.budget(),
            self.health_status.budget(),
            self.health_duration.budget(),
            self.health_changes.budget(),
        ];
        own.into_iter().chain(self.health_measures.iter().map(Family::budget))
    }

    pub(crate) fn write(&self, out: &mut Exposition) {
        write_counters(&self.rate_limit, out);
        write_counters(&self.security, out);
        write_counters(&self.validation, out);
        write_counters(&self.health_changes, out);
        let mut text = out.family(self.health_status.desc());
        self.health_status.for_each(|entry| text.value_of(&entry.text, entry.value.get() as f64));
        let mut text = out.family(self.health_duration.desc());
        self.health_duration.for_each(|entry| text.histogram_of(&entry.text, &entry.value.snapshot()));
        for family in &self.health_measures {
            let mut text = out.family(family.desc());
            family.for_each(|entry| {
                let value = entry.value.get();
                if !value.is_nan() {
                    text.value_of(&entry.text, value);
                }
            });
        }
    }
}

fn write_counters<const L: usize>(family: &Family<Counter, L>, out: &mut Exposition) {
    let mut text = out.family(family.desc());
    family.for_each(|entry| text.counter_of(&entry.text, None, entry.value.get()));
}

/// A scrape may come between a series and its first number, and 0 is the end of a certificate too.
fn unread() -> Level {
    let level = Level::default();
    level.set(f64::NAN);
    level
}

fn inc(counter: &Counter) {
    counter.inc();
}

impl Metrics {
    /// Sets `health_status` of a component without counting a change: for states that nobody reports, as that of a result
    /// which has grown stale.
    pub fn set_component_status(&self, component: &str, status: ComponentStatus) {
        let reports = &self.inner().reports;
        reports.declare_component(component);
        reports.health_status.with([component], [OVERFLOW], |gauge| {
            gauge.set(status as i64);
        });
    }
}

impl Observer for Metrics {
    fn decision(&self, decision: Decision) {
        let reports = &self.inner().reports;
        if let Some(counter) = reports.shortcuts.decision(&decision) {
            return inc(counter);
        }
        let (guard, verdict) = (decision.guard, decision.verdict.as_str());
        let (labels, fold) = ([guard, verdict, decision.reason], [guard, verdict, OVERFLOW]);
        reports.security.with(labels, fold, inc);
        // Not one over budget: there may be room for it later.
        reports.security.with_known(labels, |counter| reports.shortcuts.keep_decision(decision, counter));
    }

    fn rate_limit(&self, tier: &str, verdict: RateLimitVerdict) {
        let reports = &self.inner().reports;
        let admitted = verdict == RateLimitVerdict::Allowed;
        if let Some(counter) = reports.shortcuts.admitted(tier).filter(|_| admitted) {
            return inc(counter);
        }
        let (family, labels) = (&reports.rate_limit, [tier, verdict.as_str()]);
        if !family.with_known(labels, inc) {
            VERDICTS.iter().for_each(|verdict| family.declare([tier, verdict.as_str()]));
            family.with(labels, [OVERFLOW, verdict.as_str()], inc);
        }
        if admitted {
            family.with_known(labels, |counter| reports.shortcuts.keep_admitted(tier, counter));
        }
    }

    fn validation_failure(&self, route: Option<&str>, code: &str) {
        let path = route.unwrap_or(UNMATCHED);
        self.inner().reports.validation.with([path, code], [OVERFLOW, code], inc);
    }

    fn check(&self, report: CheckReport<'_>) {
        let reports = &self.inner().reports;
        reports.declare_component(report.component);
        let outcome = report.outcome.as_str();
        reports.health_duration.with([report.component, outcome], [OVERFLOW, outcome], |histogram| {
            histogram.observe_time(report.duration);
        });
    }

    fn state_change(&self, change: StateChange<'_>) {
        let reports = &self.inner().reports;
        reports.declare_component(change.component);
        reports.health_status.with([change.component], [OVERFLOW], |gauge| {
            gauge.set(change.to as i64);
        });
        let to = change.to.as_str();
        reports.health_changes.with([change.component, to], [OVERFLOW, to], inc);
    }

    fn measurement(&self, measurement: Measurement<'_>) {
        let family = &self.inner().reports.health_measures[measurement.measure as usize];
        family.with([measurement.component], [OVERFLOW], |level| {
            level.set(measurement.value);
        });
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}
