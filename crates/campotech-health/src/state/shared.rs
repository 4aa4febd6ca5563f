//! The one place where results and phases are written, and from where they are published.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use campotech_core::{CheckReport, ComponentStatus, Measurement, Observer, StateChange};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::event::HealthEvent;
use super::phase::{Lifecycle, Phase};
use super::plan::Plan;
use super::record::{LastRun, Record};
use super::snapshot::{ComponentSnapshot, Snapshot};
use super::stamp::Stamp;
use super::view::{Glance, Scope, Total};
use crate::check::{CheckResult, Criticality};
use crate::reason::Reason;

/// Events that a slow listener may be behind before it misses the oldest.
const EVENTS: usize = 256;

/// Everything that the handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) tasks: Mutex<Tasks>,
    observer: Arc<dyn Observer>,
    writer: Mutex<Writer>,
    published: ArcSwap<Published>,
    stamp: Stamp,
    changes: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<HealthEvent>,
}

/// What runs in the background.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) supervisor: Option<AbortHandle>,
    /// Those of the components, in their order.
    pub(crate) probers: Vec<AbortHandle>,
}

/// What requests read.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) generation: u64,
    pub(super) phase: Phase,
    pub(super) stalled: bool,
    /// What the counted components add up to, by scope.
    pub(super) totals: [Total; 2],
    pub(super) waiting_for: Vec<&'static str>,
    pub(super) records: Vec<Record>,
}

#[derive(Debug)]
struct Writer {
    generation: u64,
    next_latch: u64,
    lifecycle: Lifecycle,
    records: Vec<Record>,
}

impl Shared {
    pub(crate) fn new(plan: Plan, observer: Arc<dyn Observer>) -> Self {
        let writer = Writer {
            generation: 0,
            next_latch: 0,
            lifecycle: Lifecycle::default(),
            records: vec![Record::new(); plan.components.len()],
        };
        let published = writer.published(&plan);
        let first = plan.snapshot(&published, Instant::now(), Scope::Everything);
        Self {
            plan,
            tasks: Mutex::default(),
            observer,
            writer: Mutex::new(writer),
            stamp: Stamp::new(published.generation, published.phase, published.stalled),
            published: ArcSwap::from_pointee(published),
            changes: watch::Sender::new(Arc::new(first)),
            events: broadcast::Sender::new(EVENTS),
        }
    }

    /// Status and phase, without an allocation.
    pub(crate) fn glance(&self, scope: Scope) -> Glance {
        let published = self.published.load();
        Glance {
            status: self.plan.total(&published, Instant::now(), scope),
            phase: published.phase,
            stalled: published.stalled,
        }
    }

    /// The phase, and whether the runtime stalls.
    pub(crate) fn phase(&self) -> (Phase, bool) {
        self.stamp.phase()
    }

    /// The number of what is published.
    pub(crate) fn generation(&self) -> u64 {
        self.stamp.generation()
    }

    pub(crate) fn snapshot(&self, scope: Scope) -> Snapshot {
        self.plan.snapshot(&self.published.load(), Instant::now(), scope)
    }

    pub(crate) fn component(&self, index: usize) -> ComponentSnapshot {
        self.plan.component(&self.published.load(), Instant::now(), index)
    }

    /// What these components add up to, and themselves.
    pub(crate) fn group(&self, members: &[usize], scope: Scope) -> (ComponentStatus, Vec<ComponentSnapshot>) {
        self.plan.group_view(&self.published.load(), Instant::now(), members, scope)
    }

    /// When the first result that is fresh now grows stale.
    pub(crate) fn fresh_until(&self, now: Instant) -> Option<Instant> {
        self.plan.fresh_until(&self.published.load(), now)
    }

    /// The age of the oldest result.
    pub(crate) fn age(&self) -> Duration {
        self.plan.age(&self.published.load(), Instant::now())
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.changes.subscribe()
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<HealthEvent> {
        self.events.subscribe()
    }

    /// Numbers a new run of a component; results of earlier ones are dropped from now on.
    pub(crate) fn begin(&self, index: usize) -> u64 {
        let run = &mut self.writer.lock().records[index].run;
        *run += 1;
        *run
    }

    /// Takes in the result of a run, unless a later one was begun.
    pub(crate) fn record(&self, index: usize, run: u64, started: Instant, result: &CheckResult) {
        let now = Instant::now();
        let latency = now - started;
        let mut writer = self.writer.lock();
        let record = &mut writer.records[index];
        if record.run != run {
            return;
        }
        let last = LastRun { at: now, wall: SystemTime::now(), latency, measures: *result.measures() };
        let outcome = record.take(result, last, &self.plan.settings[index]);
        let reason = record.reason;
        let name = &self.plan.components[index].name;
        let events = outcome.changes.into_iter().flatten().map(|(from, to)| {
            let reason = if to == ComponentStatus::Unknown { Reason::Stale } else { reason };
            HealthEvent::Component { name: Arc::clone(name), from, to, reason }
        });
        self.publish(writer, outcome.news, events);

        let component = &**name;
        log(component, result, outcome.news);
        self.tell(|observer| {
            observer.check(CheckReport { component, outcome: result.outcome(), duration: latency });
            for (measure, value) in outcome.measures.iter() {
                observer.measurement(Measurement { component, measure, value });
            }
            for (from, to) in outcome.changes.into_iter().flatten() {
                observer.state_change(StateChange { component, from, to });
            }
        });
    }

    pub(crate) fn mark_started(&self) {
        self.change(|lifecycle| lifecycle.started = true);
    }

    pub(crate) fn drain(&self) {
        self.change(|lifecycle| lifecycle.draining = true);
    }

    pub(crate) fn stop(&self) {
        self.change(|lifecycle| lifecycle.stopped = true);
        self.tasks.lock().abort();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.writer.lock().lifecycle.stopped
    }

    pub(crate) fn is_in_maintenance(&self) -> bool {
        self.writer.lock().lifecycle.maintenance
    }

    pub(crate) fn set_maintenance(&self, on: bool) {
        self.change(|lifecycle| lifecycle.maintenance = on);
    }

    /// One of the runtimes that are watched does no work, or does again.
    pub(crate) fn count_stalled(&self, stalled: bool) {
        self.change(|lifecycle| {
            let count = lifecycle.stalled;
            lifecycle.stalled = if stalled { count + 1 } else { count.saturating_sub(1) };
        });
    }

    pub(crate) fn latch(&self, name: &'static str) -> u64 {
        let mut writer = self.writer.lock();
        writer.next_latch += 1;
        let id = writer.next_latch;
        writer.lifecycle.latches.push((id, name));
        self.publish(writer, true, std::iter::empty());
        id
    }

    pub(crate) fn release(&self, id: u64) {
        self.change(|lifecycle| lifecycle.latches.retain(|(held, _)| *held != id));
    }

    fn change(&self, change: impl FnOnce(&mut Lifecycle)) {
        let mut writer = self.writer.lock();
        let before = writer.lifecycle.clone();
        change(&mut writer.lifecycle);
        if writer.lifecycle != before {
            self.publish(writer, true, std::iter::empty());
        }
    }

    // Under the writer's lock, so that generations and announcements keep their order.
    fn publish(
        &self,
        mut writer: MutexGuard<'_, Writer>,
        announce: bool,
        events: impl Iterator<Item = HealthEvent>,
    ) {
        writer.generation += 1;
        let published = writer.published(&self.plan);
        let (phase, stalled) = (published.phase, published.stalled);
        let before = self.published.swap(Arc::new(published));
        self.stamp.set(writer.generation, phase, stalled);
        // Whoever hears of it finds it published.
        events.for_each(|event| self.say(event));
        if before.phase != phase {
            self.say(HealthEvent::Phase { from: before.phase, to: phase });
        }
        if before.stalled != stalled {
            self.say(HealthEvent::Stalled(stalled));
        }
        if announce {
            self.changes.send_replace(Arc::new(self.snapshot(Scope::Everything)));
        }
    }

    fn say(&self, event: HealthEvent) {
        // An error says that nobody listens.
        let _ = self.events.send(event);
    }

    // An observer that panics must not end the prober that told it.
    fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        let telling = std::panic::AssertUnwindSafe(|| tell(&*self.observer));
        if std::panic::catch_unwind(telling).is_err() {
            tracing::error!("the observer of health checks panicked");
        }
    }
}

impl Tasks {
    fn abort(&mut self) {
        // The probers end with it.
        self.supervisor.take().iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tasks.get_mut().abort();
    }
}

impl Writer {
    fn published(&self, plan: &Plan) -> Published {
        let mut known = plan.components.iter().zip(&self.records);
        let complete = known.all(|(c, r)| c.criticality == Criticality::Informational || r.last.is_some());
        let total = |scope| plan.sum(&self.records, scope);
        Published {
            generation: self.generation,
            phase: self.lifecycle.phase(complete),
            stalled: self.lifecycle.stalled > 0,
            totals: [total(Scope::Everything), total(Scope::WithoutPeers)],
            waiting_for: self.lifecycle.latches.iter().map(|(_, name)| *name).collect(),
            records: self.records.clone(),
        }
    }
}

fn log(component: &str, result: &CheckResult, news: bool) {
    let (status, reason) = (result.status().as_str(), result.reason().as_str());
    let detail = result.message().unwrap_or("");
    match result.status() {
        ComponentStatus::Healthy if news => tracing::info!(component, "health check passes"),
        ComponentStatus::Healthy => {}
        _ if news => tracing::warn!(component, status, reason, detail, "health check"),
        _ => tracing::debug!(component, status, reason, detail, "health check"),
    }
}
