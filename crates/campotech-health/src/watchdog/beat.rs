//! One question to a runtime: do you get to this?

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::Thread;

const OPEN: u8 = 0;
const ANSWERED: u8 = 1;
const DROPPED: u8 = 2;

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It still waits in the runtime's queue.
    Open,
    /// A worker got to it.
    Answered,
    /// The runtime has ended.
    Dropped,
}

/// A question under way, as its asker holds it.
#[derive(Debug)]
pub(super) struct Question(Arc<AtomicU8>);

/// The same as the runtime holds it: dropped before it was run, it says so.
struct Task {
    answer: Arc<AtomicU8>,
    asker: Thread,
}

impl Question {
    /// Asks `runtime`, and wakes this thread at the answer.
    pub(super) fn ask(runtime: &tokio::runtime::Handle) -> Self {
        let answer = Arc::new(AtomicU8::new(OPEN));
        let task = Task { answer: Arc::clone(&answer), asker: std::thread::current() };
        runtime.spawn(async move { task.tell(ANSWERED) });
        Self(answer)
    }

    pub(super) fn answer(&self) -> Answer {
        match self.0.load(Ordering::Acquire) {
            OPEN => Answer::Open,
            ANSWERED => Answer::Answered,
            _ => Answer::Dropped,
        }
    }
}

impl Task {
    fn tell(&self, answer: u8) {
        // The first word stands: a task is dropped after it was run, too.
        let first = self.answer.compare_exchange(OPEN, answer, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.asker.unpark();
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.tell(DROPPED);
    }
}
