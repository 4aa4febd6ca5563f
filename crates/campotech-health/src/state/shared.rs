//! The one place where results and phases are written, and from where they are published.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use campotech_core::{CheckReport, ComponentStatus, Observer, StateChange};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::phase::{Lifecycle, Phase};
use super::plan::Plan;
use super::record::{LastRun, Record};
use super::snapshot::{ComponentSnapshot, Snapshot};
use super::view::Scope;
use crate::check::{CheckResult, Criticality};

/// Everything that the handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) tasks: Mutex<Vec<Option<AbortHandle>>>,
    observer: Arc<dyn Observer>,
    writer: Mutex<Writer>,
    published: ArcSwap<Published>,
    changes: watch::Sender<Arc<Snapshot>>,
}

/// What requests read.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) generation: u64,
    pub(super) phase: Phase,
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
            published: ArcSwap::from_pointee(published),
            changes: watch::Sender::new(Arc::new(first)),
        }
    }

    /// Status and phase, without an allocation.
    pub(crate) fn glance(&self, scope: Scope) -> (ComponentStatus, Phase) {
        let published = self.published.load();
        (self.plan.status(&published, Instant::now(), scope), published.phase)
    }

    pub(crate) fn snapshot(&self, scope: Scope) -> Snapshot {
        self.plan.snapshot(&self.published.load(), Instant::now(), scope)
    }

    pub(crate) fn component(&self, name: &str) -> Option<ComponentSnapshot> {
        self.plan.component(&self.published.load(), Instant::now(), name)
    }

    /// The age of the oldest result.
    pub(crate) fn age(&self) -> Duration {
        self.plan.age(&self.published.load(), Instant::now())
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.changes.subscribe()
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
        let last = LastRun { at: now, wall: SystemTime::now(), latency };
        let outcome = record.take(result, last, &self.plan.settings);
        self.publish(writer, outcome.news);

        let component = &*self.plan.components[index].name;
        log(component, result, outcome.news);
        self.tell(|observer| {
            observer.check(CheckReport { component, outcome: result.outcome(), duration: latency });
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
        for task in self.tasks.lock().drain(..).flatten() {
            task.abort();
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.writer.lock().lifecycle.stopped
    }

    pub(crate) fn set_maintenance(&self, on: bool) {
        self.change(|lifecycle| lifecycle.maintenance = on);
    }

    pub(crate) fn latch(&self, name: &'static str) -> u64 {
        let mut writer = self.writer.lock();
        writer.next_latch += 1;
        let id = writer.next_latch;
        writer.lifecycle.latches.push((id, name));
        self.publish(writer, true);
        id
    }

    pub(crate) fn release(&self, id: u64) {
        self.change(|lifecycle| lifecycle.latches.retain(|(held, _)| *held != id));
    }

    fn change(&self, change: impl FnOnce(&mut Lifecycle)) {
        let mut writer = self.writer.lock();
        change(&mut writer.lifecycle);
        self.publish(writer, true);
    }

    // Under the writer's lock, so that generations and announcements keep their order.
    fn publish(&self, mut writer: MutexGuard<'_, Writer>, announce: bool) {
        writer.generation += 1;
        self.published.store(Arc::new(writer.published(&self.plan)));
        if announce {
            self.changes.send_replace(Arc::new(self.snapshot(Scope::Everything)));
        }
    }

    // An observer that panics must not end the prober that told it.
    fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        let telling = std::panic::AssertUnwindSafe(|| tell(&*self.observer));
        if std::panic::catch_unwind(telling).is_err() {
            tracing::error!("the observer of health checks panicked");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for task in self.tasks.get_mut().drain(..).flatten() {
            task.abort();
        }
    }
}

impl Writer {
    fn published(&self, plan: &Plan) -> Published {
        let mut known = plan.components.iter().zip(&self.records);
        let complete = known.all(|(c, r)| c.criticality == Criticality::Informational || r.last.is_some());
        Published {
            generation: self.generation,
            phase: self.lifecycle.phase(complete),
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
