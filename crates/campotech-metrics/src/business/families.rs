//! Business families: closed label sets as arrays, all there at 0 from the start.

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use parking_lot::RwLock;

use super::{JobKind, Outcome, Queue, QueueState};
use crate::collect::{Asker, Question, Source};
use crate::exposition::Exposition;
use crate::names;
use crate::series::{Counter, Gauge, Histogram, JOB_SECONDS};

const KINDS: usize = JobKind::ALL.len();
const OUTCOMES: usize = Outcome::ALL.len();
const QUEUES: usize = Queue::ALL.len();

/// All business families.
pub(crate) struct Business {
    jobs_created: [Counter; KINDS],
    jobs_processed: [[Counter; OUTCOMES]; KINDS],
    job_duration: [Histogram; KINDS],
    voice_processed: [Counter; OUTCOMES],
    queues: [RwLock<QueueSource>; QUEUES],
    pub(super) websockets_active: Gauge,
    pub(super) websockets: Counter,
}

/// Where a queue's state is from: told, or asked for at each scrape.
enum QueueSource {
    Told(QueueState),
    Asked(Source, Question<QueueState>),
}

impl Business {
    pub(crate) fn new() -> Self {
        Self {
            jobs_created: Default::default(),
            jobs_processed: Default::default(),
            job_duration: std::array::from_fn(|_| Histogram::new(&JOB_SECONDS)),
            voice_processed: Default::default(),
            queues: std::array::from_fn(|_| RwLock::new(QueueSource::Told(QueueState::default()))),
            websockets_active: Gauge::default(),
            websockets: Counter::default(),
        }
    }

    pub(crate) fn job_created(&self, kind: JobKind) {
        self.jobs_created[kind as usize].inc();
    }

    pub(crate) fn job_processed(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        self.jobs_processed[kind as usize][outcome as usize].inc();
        self.job_duration[kind as usize].observe_time(took);
    }

    pub(crate) fn voice_processed(&self, outcome: Outcome) {
        self.voice_processed[outcome as usize].inc();
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
            self.jobs_created.iter().map(Counter::get).sum(),
            self.voice_processed[Outcome::Done as usize].get(),
            u64::try_from(self.websockets_active.get()).unwrap_or(0),
            self.websockets.get(),
        ]
    }

    pub(crate) fn jobs_processed(&self, outcome: Outcome) -> u64 {
        self.jobs_processed.iter().map(|counters| counters[outcome as usize].get()).sum()
    }

    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let mut family = out.family(&names::JOBS_CREATED);
        for kind in JobKind::ALL {
            family.counter(&[("kind", kind.as_str())], self.jobs_created[*kind as usize].get());
        }
        let mut family = out.family(&names::JOBS_PROCESSED);
        for kind in JobKind::ALL {
            for outcome in Outcome::ALL {
                let runs = self.jobs_processed[*kind as usize][*outcome as usize].get();
                family.counter(&[("kind", kind.as_str()), ("outcome", outcome.as_str())], runs);
            }
        }
        let mut family = out.family(&names::JOB_DURATION);
        for kind in JobKind::ALL {
            family.histogram(&[("kind", kind.as_str())], &self.job_duration[*kind as usize].snapshot());
        }
        let mut family = out.family(&names::VOICE_PROCESSED);
        for outcome in Outcome::ALL {
            family.counter(&[("outcome", outcome.as_str())], self.voice_processed[*outcome as usize].get());
        }
        out.family(&names::WEBSOCKETS_ACTIVE).value(&[], self.websockets_active.get() as f64);
        out.family(&names::WEBSOCKETS).counter(&[], self.websockets.get());
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
