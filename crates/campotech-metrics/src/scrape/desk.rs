//! Where scrapes are taken, and handed to a thread of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SendError, Sender};
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::clerk::Clerk;
use super::coding::Coding;
use crate::Format;
use crate::metrics::Inner;
use crate::series::Counter;

/// Takes scrapes as long as there are seats.
#[derive(Debug)]
pub(crate) struct Desk {
    seats: usize,
    taken: Arc<AtomicUsize>,
    rejected: Counter,
    clerk: Mutex<Option<Sender<Order>>>,
}

/// The right to be answered, until the answer is sent: clones are the same seat.
#[derive(Debug, Clone)]
pub(super) struct Seat(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Taken>);

/// A seat that is taken.
#[derive(Debug)]
struct Taken(Arc<AtomicUsize>);

/// What somebody wants, and until when.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) format: Format,
    pub(super) coding: Coding,
    pub(super) deadline: Instant,
    pub(super) runtime: Option<Handle>,
    pub(super) reply: oneshot::Sender<Bytes>,
    /// Also when its client has gone: what waits is as bounded as what is sent.
    pub(super) seat: Seat,
}

impl Desk {
    pub(crate) fn new(seats: usize) -> Self {
        Self { seats, taken: Arc::default(), rejected: Counter::default(), clerk: Mutex::default() }
    }

    /// Scrapes that got no seat.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.get()
    }

    /// A seat, unless all are taken.
    pub(super) fn seat(&self) -> Option<Seat> {
        let one_more = |taken| (taken < self.seats).then_some(taken + 1);
        if self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            self.rejected.inc();
            return None;
        }
        Some(Seat(Arc::new(Taken(Arc::clone(&self.taken)))))
    }

    /// Hands an order on. Where there can be no thread it is dropped, and whoever waits for its reply sees that.
    pub(super) fn order(&self, inner: &Arc<Inner>, order: Order) {
        let mut clerk = self.clerk.lock();
        let order = match &*clerk {
            None => order,
            Some(orders) => match orders.send(order) {
                Ok(()) => return,
                Err(SendError(order)) => order,
            },
        };
        *clerk = Clerk::start(inner).ok();
        if let Some(orders) = &*clerk {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
