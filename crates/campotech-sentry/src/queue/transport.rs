//! The transport that queues; what leaves was scrubbed on the thread that sends, so no request pays for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sentry::client_report::{Reason, Recorder};
use sentry::{Envelope, Transport, TransportFactory, TransportOptions};

use super::http::Sender;
use super::room::{Room, Turn};
use crate::SentryCounts;
use crate::counts::Items;
use crate::scrub::scrub_envelope;
use crate::sessions::Sessions;

/// Sessions are sent that often.
const SESSIONS: Duration = Duration::from_secs(60);

/// Makes the transport and its thread; the only place that transactions, sessions and events all pass.
pub(crate) struct QueueFactory {
    pub(crate) size: usize,
    pub(crate) counts: SentryCounts,
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) contexts: Vec<String>,
    /// The caller's own transport, in place of HTTP.
    pub(crate) other: Option<Arc<dyn TransportFactory>>,
}

struct QueueTransport {
    room: Arc<Room>,
    counts: SentryCounts,
    sessions: Option<Arc<Sessions>>,
    recorder: Recorder,
    other: Option<Arc<dyn Transport>>,
}

enum Way {
    Http(Box<Sender>),
    Other(Arc<dyn Transport>),
}

/// What the thread that sends works with.
struct Work {
    room: Arc<Room>,
    counts: SentryCounts,
    sessions: Option<Arc<Sessions>>,
    recorder: Recorder,
    contexts: Vec<String>,
    way: Way,
}

impl TransportFactory for QueueFactory {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let recorder = options.client_report_recorder.clone();
        let room = Arc::new(Room::new(self.size));
        let (way, other) = match &self.other {
            None => (Way::Http(Box::new(Sender::new(&options))), None),
            Some(factory) => {
                let other = factory.create_transport_with_options(options);
                (Way::Other(Arc::clone(&other)), Some(other))
            }
        };
        let (counts, sessions) = (self.counts.clone(), self.sessions.clone());
        let work = Work {
            room: Arc::clone(&room),
            counts: counts.clone(),
            sessions: sessions.clone(),
            recorder: recorder.clone(),
            contexts: self.contexts.clone(),
            way,
        };
        let thread = std::thread::Builder::new().name("sentry-sender".to_owned()).spawn(move || work.run());
        if thread.is_err() {
            room.close();
        }
        Arc::new(QueueTransport { room, counts, sessions, recorder, other })
    }
}

impl Transport for QueueTransport {
    fn send_envelope(&self, envelope: Envelope) {
        if let Err(envelope) = self.room.push(envelope) {
            self.recorder.record_lost_data(&*envelope, Reason::QueueOverflow);
            self.counts.add_dropped(Items::of(&envelope));
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        if let Some(sessions) = self.sessions.as_ref().and_then(|sessions| sessions.take()) {
            self.send_envelope(sessions);
        }
        let left = || until.saturating_duration_since(Instant::now());
        self.room.emptied(timeout) && self.other.as_ref().is_none_or(|other| other.flush(left()))
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        let flushed = self.flush(timeout);
        self.close();
        flushed
    }
}

impl QueueTransport {
    fn close(&self) {
        for left in self.room.close() {
            self.counts.add_dropped(Items::of(&left));
        }
    }
}

impl Drop for QueueTransport {
    fn drop(&mut self) {
        self.close();
    }
}

impl Work {
    fn run(mut self) {
        let mut sessions_due = Instant::now() + SESSIONS;
        loop {
            match self.room.next(sessions_due.saturating_duration_since(Instant::now())) {
                Turn::Send(envelope) => self.deliver(*envelope),
                Turn::Idle => {}
                Turn::End => return,
            }
            if Instant::now() >= sessions_due {
                sessions_due = Instant::now() + SESSIONS;
                if let Some(sessions) = self.sessions.as_ref().and_then(|sessions| sessions.take()) {
                    self.deliver(sessions);
                }
            }
        }
    }

    fn deliver(&mut self, envelope: Envelope) {
        let before = Items::of(&envelope);
        // What can't be scrubbed must neither leave nor end the thread.
        let clean =
            catch_unwind(AssertUnwindSafe(|| scrub_envelope(envelope, &self.contexts))).unwrap_or(None);
        let left = clean.as_ref().map(Items::of).unwrap_or_default();
        self.counts.add_dropped(before.without(left));
        let Some(clean) = clean else { return };
        // Nor may whatever sends it.
        let sent = catch_unwind(AssertUnwindSafe(|| match &mut self.way {
            Way::Other(other) => {
                other.send_envelope(clean);
                true
            }
            Way::Http(sender) => match sender.send(&clean) {
                Ok(()) => true,
                Err(reason) => {
                    if let Some(reason) = reason {
                        self.recorder.record_lost_data(&clean, reason);
                    }
                    false
                }
            },
        }));
        if sent.unwrap_or(false) {
            self.counts.add_sent(left);
        } else {
            self.counts.add_refused(left);
        }
    }
}
