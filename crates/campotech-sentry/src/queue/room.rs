//! A queue that never makes its caller wait.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sentry::Envelope;

/// Envelopes that wait for the thread that sends.
#[derive(Debug)]
pub(super) struct Room {
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Envelope>,
    /// Whether the thread that sends has something in hand.
    busy: bool,
    closed: bool,
}

/// What the thread that sends is to do.
pub(super) enum Turn {
    Send(Box<Envelope>),
    Idle,
    End,
}

impl Room {
    pub(super) fn new(size: usize) -> Self {
        Self { size, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Gives the envelope back where there is no room for it.
    pub(super) fn push(&self, envelope: Envelope) -> Result<(), Box<Envelope>> {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.size {
            return Err(Box::new(envelope));
        }
        state.waiting.push_back(envelope);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// The next envelope; idle after `patience` without one. The thread has something in hand from then until it asks
    /// again.
    pub(super) fn next(&self, patience: Duration) -> Turn {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        if std::mem::take(&mut state.busy) {
            self.changed.notify_all();
        }
        loop {
            if let Some(envelope) = state.waiting.pop_front() {
                state.busy = true;
                return Turn::Send(Box::new(envelope));
            }
            if state.closed {
                return Turn::End;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.busy = true;
                return Turn::Idle;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until all is sent, for `limit` at most.
    pub(super) fn emptied(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while state.busy || !state.waiting.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Takes nothing more; what waits is given up, for its time is over.
    pub(super) fn close(&self) -> Vec<Envelope> {
        let mut state = self.lock();
        state.closed = true;
        let left = state.waiting.drain(..).collect();
        drop(state);
        self.changed.notify_all();
        left
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_lasts_until_the_next_one_is_asked_for() {
        let room = Room::new(2);
        assert!(room.emptied(Duration::ZERO));
        assert!(room.push(Envelope::new()).is_ok());
        assert!(!room.emptied(Duration::ZERO), "it waits");
        assert!(matches!(room.next(Duration::ZERO), Turn::Send(_)));
        assert!(!room.emptied(Duration::ZERO), "it is on its way");
        assert!(matches!(room.next(Duration::ZERO), Turn::Idle));
        assert!(!room.emptied(Duration::ZERO), "what is done when nothing waits is waited for, too");
        std::thread::scope(|scope| {
            let next = scope.spawn(|| matches!(room.next(Duration::from_secs(20)), Turn::End));
            assert!(room.emptied(Duration::from_secs(20)));
            assert!(room.close().is_empty());
            assert!(next.join().unwrap());
        });
    }
}
