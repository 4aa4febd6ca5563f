//! Asks what is outside of this crate, each question for as long as its budget: what panics or hangs costs its own samples only.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::exposition::Exposition;
use crate::names;

/// Somebody who is asked at each scrape; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Source(Arc<Asked>);

#[derive(Debug)]
struct Asked {
    name: Box<str>,
    /// Questions that nobody waits for any more and that have not returned.
    stuck: AtomicUsize,
}

/// What a source is asked.
pub(crate) type Question<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// The threads that ask. A question that hangs keeps its thread, and its source is left alone until it returns.
#[derive(Debug)]
pub(crate) struct Askers {
    budget: Duration,
    free: Mutex<Vec<Helper>>,
}

/// A thread that asks; it ends with this.
#[derive(Debug)]
struct Helper(Sender<Box<dyn FnOnce() + Send>>);

/// Threads that are kept for the next answers.
const KEPT: usize = 4;

thread_local! {
    /// Whether this is a thread that asks: a question that renders all metrics would ask itself again, without end.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Asks for one answer.
#[derive(Debug)]
pub(crate) struct Asker<'a> {
    askers: &'a Askers,
    deadline: Instant,
    helper: Option<Helper>,
    /// What questions may expect to run in, as they did before they had threads of their own.
    runtime: Option<Handle>,
    outcomes: Vec<Outcome>,
}

/// What came of the questions to one source.
#[derive(Debug)]
struct Outcome {
    source: Source,
    answered: bool,
    took: Duration,
}

impl Source {
    pub(crate) fn new(name: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Asked { name: name.into(), stuck: AtomicUsize::new(0) }))
    }
}

impl Askers {
    /// Each question may take so long.
    pub(crate) fn new(budget: Duration) -> Self {
        Self { budget, free: Mutex::default() }
    }

    /// Somebody who asks until `deadline`.
    pub(crate) fn begin(&self, deadline: Option<Instant>, runtime: Option<Handle>) -> Asker<'_> {
        let deadline = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(10));
        Asker { askers: self, deadline, helper: None, runtime, outcomes: Vec::new() }
    }
}

impl Asker<'_> {
    /// The answer to a question, unless it panics, is over its budget, or an earlier one still is.
    pub(crate) fn ask<T: Send + 'static>(&mut self, source: &Source, question: &Question<T>) -> Option<T> {
        let start = Instant::now();
        let answer = self.answer(source, question, start);
        self.note(source, answer.is_some(), start.elapsed());
        answer
    }

    /// As [`ask`](Self::ask), of a question that can say no.
    pub(crate) fn try_ask<T: Send + 'static>(
        &mut self,
        source: &Source,
        question: &Question<Option<T>>,
    ) -> Option<T> {
        let start = Instant::now();
        let answer = self.answer(source, question, start).flatten();
        self.note(source, answer.is_some(), start.elapsed());
        answer
    }

    /// Asks a question that is this crate's own and doesn't hang; it tells whether it was answered.
    pub(crate) fn read(&mut self, source: &Source, question: impl FnOnce() -> bool) {
        let start = Instant::now();
        let answered = question();
        self.note(source, answered, start.elapsed());
    }

    fn answer<T: Send + 'static>(
        &mut self,
        source: &Source,
        question: &Question<T>,
        start: Instant,
    ) -> Option<T> {
        // Half of what is left at most: a collector that hangs must leave something to the others.
        let left = self.deadline.saturating_duration_since(start) / 2;
        if left.is_zero() || source.0.stuck.load(Ordering::Acquire) > 0 || ASKING.get() {
            return None;
        }
        let (reply, answer) = sync_channel(1);
        let abandoned = Arc::new(AtomicBool::new(false));
        let work = {
            let (question, asked, runtime) =
                (Arc::clone(question), Arc::clone(&source.0), self.runtime.clone());
            let abandoned = Arc::clone(&abandoned);
            move || {
                let answer = {
                    let _entered = runtime.as_ref().map(Handle::enter);
                    catch_unwind(AssertUnwindSafe(|| question())).ok()
                };
                // Whoever comes second to this flag knows of the other.
                if abandoned.swap(true, Ordering::AcqRel) {
                    asked.stuck.fetch_sub(1, Ordering::Release);
                }
                let _ = reply.send(answer);
            }
        };
        if self.helper()?.0.send(Box::new(work)).is_err() {
            self.helper = None;
            return None;
        }
        match answer.recv_timeout(left.min(self.askers.budget)) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => {
                self.helper = None;
                None
            }
            Err(RecvTimeoutError::Timeout) => {
                source.0.stuck.fetch_add(1, Ordering::Release);
                if abandoned.swap(true, Ordering::AcqRel) {
                    // It has returned at the last moment.
                    source.0.stuck.fetch_sub(1, Ordering::Release);
                    return answer.recv().ok().flatten();
                }
                self.helper = None;
                None
            }
        }
    }

    fn helper(&mut self) -> Option<&Helper> {
        if self.helper.is_none() {
            let free = self.askers.free.lock().pop();
            self.helper = free.or_else(|| Helper::start().ok());
        }
        self.helper.as_ref()
    }

    fn note(&mut self, source: &Source, answered: bool, took: Duration) {
        match self.outcomes.iter_mut().find(|outcome| outcome.source.0.name == source.0.name) {
            Some(outcome) => {
                outcome.answered &= answered;
                outcome.took += took;
            }
            None => self.outcomes.push(Outcome { source: source.clone(), answered, took }),
        }
    }

    /// Writes who has answered and how long that took.
    pub(crate) fn write(&mut self, out: &mut Exposition) {
        self.outcomes.sort_by(|a, b| a.source.0.name.cmp(&b.source.0.name));
        let mut family = out.family(&names::COLLECTOR_SUCCESS);
        for Outcome { source, answered, .. } in &self.outcomes {
            family.value(&[("collector", &source.0.name)], f64::from(u8::from(*answered)));
        }
        let mut family = out.family(&names::COLLECTOR_DURATION);
        for Outcome { source, took, .. } in &self.outcomes {
            family.value(&[("collector", &source.0.name)], took.as_secs_f64());
        }
    }
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        let mut free = self.askers.free.lock();
        if free.len() < KEPT {
            free.extend(self.helper.take());
        }
    }
}

impl Helper {
    fn start() -> std::io::Result<Self> {
        let (sender, work) = channel::<Box<dyn FnOnce() + Send>>();
        let asks = move || {
            ASKING.set(true);
            for work in work {
                work();
            }
        };
        std::thread::Builder::new().name("metrics-ask".into()).spawn(asks)?;
        Ok(Self(sender))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(200);

    fn question<T>(ask: impl Fn() -> T + Send + Sync + 'static) -> Question<T> {
        Arc::new(ask)
    }

    #[test]
    fn what_panics_or_hangs_costs_its_own_answer_only() {
        let askers = Askers::new(BUDGET);
        let (release, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let hangs = question(move || wait.lock().recv().is_ok());
        let (stuck, fine) = (Source::new("stuck"), Source::new("fine"));
        let mut asker = askers.begin(None, None);
        assert_eq!(asker.ask(&stuck, &hangs), None);
        assert_eq!(
            asker.ask(&Source::new("bad"), &question(|| -> u8 { panic!("a fault of the service") })),
            None
        );
        assert_eq!(asker.ask(&fine, &question(|| 7)), Some(7));
        drop(asker);
        // It is left alone, at no cost, until it returns.
        let mut asker = askers.begin(None, None);
        assert_eq!(asker.ask(&stuck, &hangs), None);
        release.send(()).unwrap();
        while stuck.0.stuck.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        release.send(()).unwrap();
        assert_eq!(asker.ask(&stuck, &hangs), Some(true));
    }

    #[test]
    fn nobody_is_asked_beyond_the_deadline() {
        let askers = Askers::new(Duration::from_secs(600));
        let (asked, hung) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(())));
        let (counted, held) = (Arc::clone(&asked), Arc::clone(&hung));
        let hangs = question(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            drop(held.lock());
        });
        let holds = hung.lock();
        let mut asker = askers.begin(Some(Instant::now() + BUDGET), None);
        while !asker.deadline.saturating_duration_since(Instant::now()).is_zero() {
            assert_eq!(asker.ask(&Source::new("hangs"), &hangs), None);
        }
        let before = asked.load(Ordering::Relaxed);
        assert!((1..200).contains(&before), "{before}");
        for _ in 0..100 {
            assert_eq!(asker.ask(&Source::new("late"), &hangs), None);
        }
        assert_eq!(asked.load(Ordering::Relaxed), before);
        drop(holds);
    }

    #[test]
    fn a_question_that_asks_again_is_not_answered_within() {
        let askers: &'static Askers = Box::leak(Box::new(Askers::new(Duration::from_secs(60))));
        let source = Source::new("again");
        let again = {
            let source = source.clone();
            question(move || askers.begin(None, None).ask(&source, &question(|| 1)))
        };
        assert_eq!(askers.begin(None, None).ask(&source, &again), Some(None));
    }

    #[test]
    fn threads_are_kept_for_the_next_answer() {
        let askers = Askers::new(BUDGET);
        let id = question(|| std::thread::current().id());
        let source = Source::new("id");
        let first = askers.begin(None, None).ask(&source, &id).unwrap();
        assert_eq!(askers.begin(None, None).ask(&source, &id), Some(first));
    }

    #[test]
    fn a_question_is_asked_within_the_runtime() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let askers = Askers::new(BUDGET);
        let mut asker = askers.begin(None, Some(runtime.handle().clone()));
        assert_eq!(asker.ask(&Source::new("a"), &question(|| Handle::try_current().is_ok())), Some(true));
    }
}
