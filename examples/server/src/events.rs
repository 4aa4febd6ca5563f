//! Job events: who changes a job tells everyone who may see it.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};
use uuid::Uuid;

use crate::domain::Job;
use crate::http::JobView;

/// How many events a slow listener may be behind.
const KEPT: usize = 256;

/// Where events go.
#[derive(Debug, Clone)]
pub struct EventBus(broadcast::Sender<Arc<Event>>);

/// A listener's end: the events of one viewer.
#[derive(Debug)]
pub struct Subscription {
    viewer: Uuid,
    events: broadcast::Receiver<Arc<Event>>,
}

#[derive(Debug)]
struct Event {
    owner: Option<Uuid>,
    text: String,
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    job: &'a JobView,
}

impl EventBus {
    /// A bus that nobody listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self(broadcast::channel(KEPT).0)
    }

    /// Listens as `viewer`.
    #[must_use]
    pub fn subscribe(&self, viewer: Uuid) -> Subscription {
        Subscription { viewer, events: self.0.subscribe() }
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

    fn send(&self, kind: &'static str, job: &Job, owner: Option<Uuid>) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let wire = Wire { kind, job: &JobView::from(job.clone()) };
        if let Ok(text) = serde_json::to_string(&wire) {
            // Nobody listening is no error.
            let _ = self.0.send(Arc::new(Event { owner, text }));
        }
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
    /// If the listener was too slow, or the bus is gone.
    pub async fn next(&mut self) -> Result<String, RecvError> {
        loop {
            let event = self.events.recv().await?;
            if event.owner.is_none_or(|owner| owner == self.viewer) {
                return Ok(event.text.clone());
            }
        }
    }
}
