//! The two ends of the port.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::question::{Asked, Question};
use super::status::{Sharing, Status, StoreFault};
use crate::rate_limit::claim::{Claim, Claims};

/// The layers' end: where decisions are asked for. Clones are one.
#[derive(Debug, Clone)]
pub struct SharedLimits(Arc<Port>);

#[derive(Debug)]
struct Port {
    questions: mpsc::Sender<Question>,
    status: Arc<Status>,
    deadline: Duration,
}

/// The driver's end: what is asked. Dropped, the layers decide by themselves.
#[derive(Debug)]
pub struct Questions {
    receiver: mpsc::Receiver<Question>,
    status: Arc<Status>,
}

/// Questions that wait for the driver; more are not asked.
const CAPACITY: usize = 1_024;

impl SharedLimits {
    /// A port whose questions are answered within `deadline` or not at all.
    ///
    /// Up to 1024 questions wait for the driver; what is over that, the layers decide by themselves.
    #[must_use]
    pub fn channel(deadline: Duration) -> (Self, Questions) {
        let (questions, receiver) = mpsc::channel(CAPACITY);
        let status = Arc::new(Status::new());
        let port = Port { questions, status: Arc::clone(&status), deadline };
        (Self(Arc::new(port)), Questions { receiver, status })
    }

    /// Whether the store decides. `false` too before it has answered for the first time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.sharing() == Sharing::Shared
    }

    /// Who decides, and why it is not the store.
    #[must_use]
    pub fn sharing(&self) -> Sharing {
        self.0.status.sharing()
    }

    /// Tells of every change of [`sharing`](Self::sharing), for logs.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Sharing> {
        self.0.status.subscribe()
    }

    /// How many replicas were alive when the store last answered; 1 before that.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        self.0.status.replicas()
    }

    /// How long a request waits for a decision.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.0.deadline
    }

    /// Whether a question has a chance.
    pub(in crate::rate_limit) fn asks(&self) -> bool {
        self.0.status.asks()
    }

    /// Asks without waiting, for `most` of the first tier; `None` where there is no use in it.
    pub(in crate::rate_limit) fn ask(&self, claims: &Claims, most: u32) -> Option<Asked> {
        let deadline = Instant::now() + self.0.deadline;
        let (question, asked) = Question::new(claims, most, deadline);
        self.0.questions.try_send(question).ok()?;
        Some(asked)
    }

    /// Says that a request which the store counted does not count, without waiting for anything.
    pub(in crate::rate_limit) fn give_back(&self, claim: &Claim, mark: u64) {
        if self.asks() {
            let deadline = Instant::now() + self.0.deadline;
            // Where it is lost, the request counts.
            let _ = self.0.questions.try_send(Question::giving_back(claim, mark, deadline));
        }
    }
}

impl Questions {
    /// The next question; `None` when no layer is left that could ask one. Safe to cancel.
    pub async fn recv(&mut self) -> Option<Question> {
        self.receiver.recv().await
    }

    /// Says who decides. Under [`Sharing::Away`] nothing is asked, and what waits here is dropped.
    pub fn set(&mut self, sharing: Sharing) {
        self.status.set(sharing);
        if matches!(sharing, Sharing::Away(_)) {
            while self.receiver.try_recv().is_ok() {}
        }
    }

    /// Says how many replicas share the quotas, this one included.
    pub fn set_replicas(&self, replicas: u32) {
        self.status.set_replicas(replicas);
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.status.set(Sharing::Away(StoreFault::Stopped));
    }
}
