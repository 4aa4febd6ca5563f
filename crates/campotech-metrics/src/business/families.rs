//! Business families: closed label sets, all there at 0 from the start.

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use parking_lot::RwLock;

use super::{JobKind, Outcome, Queue, QueueState};
use crate::bounded::{CounterFamily, DurationFamily, GaugeFamily};
use crate::collect::{Asker, Question, Source};
use crate::exposition::Exposition;
use crate::names;
use crate::series::{CONNECTION_SECONDS, JOB_SECONDS};

const QUEUES: usize = Queue::ALL.len();

/// All business families.
pub(crate) struct Business {
    jobs_created: CounterFamily<JobKind>,
    jobs_processed: CounterFamily<(JobKind, Outcome)>,
    job_duration: DurationFamily<JobKind>,
    voice_processed: CounterFamily<Outcome>,
    queues: [RwLock<QueueSource>; QUEUES],
    pub(super) websockets: WebSockets,
}

/// WebSocket connections.
#[derive(Debug, Clone)]
pub(super) struct WebSockets {
    pub(super) active: GaugeFamily<()>,
    pub(super) opened: CounterFamily<()>,
    pub(super) durations: DurationFamily<()>,
}

/// Where a queue's state is from: told, or asked for at each scrape.
enum QueueSource {
    Told(QueueState),
    Asked(Source, Question<QueueState>),
}

impl Business {
    pub(crate) fn new() -> Self {
        Self {
            jobs_created: CounterFamily::own(&names::JOBS_CREATED),
            jobs_processed: CounterFamily::own(&names::JOBS_PROCESSED),
            job_duration: DurationFamily::own(&names::JOB_DURATION, &JOB_SECONDS),
            voice_processed: CounterFamily::own(&names::VOICE_PROCESSED),
            queues: std::array::from_fn(|_| RwLock::new(QueueSource::Told(QueueState::default()))),
            websockets: WebSockets {
                active: GaugeFamily::own(&names::WEBSOCKETS_ACTIVE),
                opened: CounterFamily::own(&names::WEBSOCKETS),
                durations: DurationFamily::own(&names::WEBSOCKET_DURATION, &CONNECTION_SECONDS),
            },
        }
    }

    pub(crate) fn job_created(&self, kind: JobKind) {
        self.jobs_created.inc(kind);
    }

    pub(crate) fn job_processed(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        self.jobs_processed.inc((kind, outcome));
        self.job_duration.observe(kind, took);
    }

    pub(crate) fn voice_processed(&self, outcome: Outcome) {
        self.voice_processed.inc(outcome);
    }

    pub(crate) fn set_queue(&self, queue: Queue, state: QueueState) {
        *self.queues[queue as usize].write() = QueueSource::Told(state);
    }

    pub(crate) fn watch_queue(&self, queue: Queue, state: Question<QueueState>) {
        let source = Source::new(format!("queue.{}", queue.as_str()));
        *self.queues[queue as usize].write() = QueueSource::Asked(source, state);
    }

    /// Jobs created, voice messages done, connections open, connections opened.
    pub(crate) fn sums(&self) -> [u64; 4] {
        [
            self.jobs_created.sum(),
            self.voice_processed.get(Outcome::Done),
            u64::try_from(self.websockets.active.get(())).unwrap_or(0),
            self.websockets.opened.get(()),
        ]
    }

    pub(crate) fn jobs_processed(&self, outcome: Outcome) -> u64 {
        JobKind::ALL.iter().map(|kind| self.jobs_processed.get((*kind, outcome))).sum()
    }

    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        self.jobs_created.write(out);
        self.jobs_processed.write(out);
        self.job_duration.write(out);
        self.voice_processed.write(out);
        let WebSockets { active, opened, durations } = &self.websockets;
        active.write(out);
        opened.write(out);
        durations.write(out);
        self.write_queues(out, asker);
    }

    /// Their states, asked for without the lock: an answer may take its time, or set the queue.
    pub(crate) fn queues(&self, asker: &mut Asker<'_>) -> ArrayVec<(Queue, QueueState), QUEUES> {
        Queue::ALL.iter().filter_map(|queue| Some((*queue, self.queue(*queue, asker)?))).collect()
    }

    fn write_queues(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let states = self.queues(asker);
        let mut family = out.family(&names::QUEUE_SIZE);
        for (queue, state) in &states {
            family.value(&[("queue", queue.as_str())], state.size as f64);
        }
        let mut family = out.family(&names::QUEUE_AGE);
        for (queue, state) in &states {
            family.value(&[("queue", queue.as_str())], state.oldest_age.as_secs_f64());
        }
    }

    /// A queue's state; none where the question panics or hangs.
    fn queue(&self, queue: Queue, asker: &mut Asker<'_>) -> Option<QueueState> {
        let (source, state) = match &*self.queues[queue as usize].read() {
            QueueSource::Told(state) => return Some(*state),
            QueueSource::Asked(source, state) => (source.clone(), Arc::clone(state)),
        };
        asker.ask(&source, &state)
    }
}

impl std::fmt::Debug for Business {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Business").finish_non_exhaustive()
    }
}
