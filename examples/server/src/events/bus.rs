//! The events of one process, and the way out to the other replicas.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::domain::Job;
use crate::http::JobView;

/// How many events a slow listener may be behind.
const KEPT: usize = 256;
/// How many events may wait for the way to the other replicas.
const WAITING: usize = 1_024;

/// Where events go.
#[derive(Debug, Clone)]
pub struct EventBus {
    local: broadcast::Sender<Arc<Heard>>,
    replicas: Option<mpsc::Sender<Event>>,
    /// Whether one was lost on its way to the other replicas since they were told of the last loss.
    lost: Arc<AtomicBool>,
    /// Whether the other replicas are heard, or could not be heard at the first try.
    settled: watch::Sender<bool>,
}

/// A listener's end: the events of one viewer.
#[derive(Debug)]
pub struct Subscription {
    viewer: Uuid,
    events: broadcast::Receiver<Arc<Heard>>,
}

/// An event, and who may see it: one owner, or all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    owner: Option<Uuid>,
    text: String,
}

#[derive(Debug)]
enum Heard {
    Event(Event),
    /// Other replicas' events may have been lost.
    Gap,
}

/// Why a listener gets no more events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Some may be missing: the lists tell what is true now.
    Some,
    /// The bus is gone.
    Closed,
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    job: &'a JobView,
}

impl EventBus {
    /// A bus of this process alone.
    #[must_use]
    pub fn new() -> Self {
        Self {
            local: broadcast::channel(KEPT).0,
            replicas: None,
            lost: Arc::default(),
            settled: watch::Sender::new(true),
        }
    }

    /// A bus whose events go to other replicas too, by whoever takes them out of the second half.
    pub(super) fn bridged() -> (Self, mpsc::Receiver<Event>) {
        let (replicas, outgoing) = mpsc::channel(WAITING);
        (Self { replicas: Some(replicas), settled: watch::Sender::new(false), ..Self::new() }, outgoing)
    }

    /// Waits until whoever listens from now on hears of all events, or is told that some may be missing.
    pub async fn settled(&self) {
        let _ = self.settled.subscribe().wait_for(|settled| *settled).await;
    }

    /// Other replicas are heard, or their events will be told as missing.
    pub(super) fn settle(&self) {
        self.settled.send_replace(true);
    }

    /// Listens as `viewer`.
    #[must_use]
    pub fn subscribe(&self, viewer: Uuid) -> Subscription {
        Subscription { viewer, events: self.local.subscribe() }
    }

    /// Tells of a new job.
    pub fn created(&self, job: &Job) {
        self.send("job.created", job, job.owner);
    }

    /// Tells of a job that changed: whoever could see it before, too, so that a job that was taken out of the shared inbox
    /// disappears from everyone's screen.
    pub fn updated(&self, job: &Job, owner_before: Option<Uuid>) {
        self.send("job.updated", job, job.owner.and(owner_before));
    }

    /// An event of another replica.
    pub(super) fn relayed(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.local.send(Arc::new(Heard::Event(event)));
    }

    /// Whether other replicas have to be told that they missed something.
    pub(super) fn lost(&self) -> &AtomicBool {
        &self.lost
    }

    /// Events of other replicas may have been lost.
    pub(super) fn gap(&self) {
        let _ = self.local.send(Arc::new(Heard::Gap));
    }

    fn send(&self, kind: &'static str, job: &Job, owner: Option<Uuid>) {
        if self.replicas.is_none() && self.local.receiver_count() == 0 {
            return;
        }
        let wire = Wire { kind, job: &JobView::from(job.clone()) };
        let Ok(text) = serde_json::to_string(&wire) else { return };
        let event = Event { owner, text };
        if let Some(replicas) = &self.replicas
            && replicas.try_send(event.clone()).is_err()
        {
            self.lost.store(true, Ordering::Relaxed);
        }
        self.relayed(event);
    }
}

impl Default for EventBus {
    fn default() -> Self {
        Self::new()
    }
}

impl Subscription {
    /// The next event that the viewer may see, as JSON.
    ///
    /// # Errors
    /// If events may be missing, since the listener was too slow or another replica could not be heard; or if the bus
    /// is gone.
    pub async fn next(&mut self) -> Result<String, Missed> {
        loop {
            match self.events.recv().await {
                Ok(heard) => match &*heard {
                    Heard::Event(Event { owner, text }) => {
                        if owner.is_none_or(|owner| owner == self.viewer) {
                            return Ok(text.clone());
                        }
                    }
                    Heard::Gap => return Err(Missed::Some),
                },
                Err(RecvError::Lagged(_)) => return Err(Missed::Some),
                Err(RecvError::Closed) => return Err(Missed::Closed),
            }
        }
    }
}
