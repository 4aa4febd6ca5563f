//! Release health: each request is a session of the release, added up per minute.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sentry::Envelope;
use sentry::protocol::{SessionAggregateItem, SessionAggregates, SessionAttributes};

/// Minutes that are kept while nobody takes them; the oldest are added to the one after.
const MOST: usize = 16;

/// Counts of our own: the SDK's session learns of errors only from events that are sent, so that a storm would look
/// like good health.
#[derive(Debug)]
pub(crate) struct Sessions {
    attributes: SessionAttributes<'static>,
    minutes: Mutex<Vec<SessionAggregateItem>>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    WithError,
    InPanic,
}

impl Sessions {
    pub(crate) fn new(release: String, environment: String) -> Self {
        let attributes = SessionAttributes {
            release: release.into(),
            environment: Some(environment.into()),
            ip_address: None,
            user_agent: None,
        };
        Self { attributes, minutes: Mutex::default() }
    }

    pub(crate) fn add(&self, ended: Ended) {
        self.add_at(SystemTime::now(), ended);
    }

    fn add_at(&self, now: SystemTime, ended: Ended) {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds / 60 * 60);
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        if minutes.last().is_none_or(|last| last.started != started) {
            minutes.push(minute(started));
            if minutes.len() > MOST {
                let oldest = minutes.remove(0);
                let next = &mut minutes[0];
                next.exited = next.exited.saturating_add(oldest.exited);
                next.errored = next.errored.saturating_add(oldest.errored);
                next.crashed = next.crashed.saturating_add(oldest.crashed);
            }
        }
        let Some(last) = minutes.last_mut() else { return };
        let count = match ended {
            Ended::Well => &mut last.exited,
            Ended::WithError => &mut last.errored,
            Ended::InPanic => &mut last.crashed,
        };
        *count = count.saturating_add(1);
    }

    /// What was counted since the last time, ready to be sent.
    pub(crate) fn take(&self) -> Option<Envelope> {
        let aggregates = std::mem::take(&mut *self.minutes.lock().unwrap_or_else(PoisonError::into_inner));
        if aggregates.is_empty() {
            return None;
        }
        let mut envelope = Envelope::new();
        envelope.add_item(SessionAggregates { aggregates, attributes: self.attributes.clone() });
        Some(envelope)
    }
}

const fn minute(started: SystemTime) -> SessionAggregateItem {
    SessionAggregateItem { started, distinct_id: None, exited: 0, errored: 0, abnormal: 0, crashed: 0 }
}

#[cfg(test)]
mod tests {
    use sentry::protocol::EnvelopeItem;

    use super::*;

    #[test]
    fn minutes_are_bounded_and_nothing_is_lost() {
        let sessions = Sessions::new("a@1".to_owned(), "test".to_owned());
        assert!(sessions.take().is_none());
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for i in 0..6_000 {
            let ended = [Ended::Well, Ended::WithError, Ended::InPanic][i % 3];
            sessions.add_at(start + Duration::from_secs(i as u64), ended);
        }
        let items: Vec<_> = sessions.take().unwrap().into_items().collect();
        let [EnvelopeItem::SessionAggregates(sent)] = &items[..] else { panic!("{items:?}") };
        assert_eq!(sent.aggregates.len(), MOST);
        let sum = |count: fn(&SessionAggregateItem) -> u32| sent.aggregates.iter().map(count).sum::<u32>();
        assert_eq!([sum(|m| m.exited), sum(|m| m.errored), sum(|m| m.crashed)], [2_000; 3]);
        assert!(sessions.take().is_none());
    }
}
