//! Who may sit down: how many connections there are, of one network, and in reserve.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::task::AbortHandle;

use crate::ServeStats;
use crate::connection::State;
use crate::networks::{Counted, OpenByNetwork};
use crate::settings::Settings;
use crate::stats::Finding;

/// What all connections share.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    networks: Arc<OpenByNetwork>,
    reserved: Arc<AtomicUsize>,
}

/// What one connection holds until it is gone.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) counted: Option<Counted>,
    pub(crate) reserved: Option<Reserved>,
}

/// A connection beyond the most, from which it is said that the server is full.
#[derive(Debug)]
pub(crate) struct Reserved(Arc<AtomicUsize>);

/// The connections of the reserve, oldest first. Where it is full one goes, and of those that have asked none while another
/// has not: who asks is answered, however many others only connect.
#[derive(Debug, Default)]
pub(crate) struct Waiting(VecDeque<(AbortHandle, Arc<State>)>);

impl Seats {
    /// Counts a connection for its network, unless that is one that is not counted.
    ///
    /// # Errors
    /// [`Finding::Network`] where the network has as many as one may.
    pub(crate) fn count(
        &self,
        ip: IpAddr,
        settings: &Settings,
        stats: &ServeStats,
    ) -> Result<Option<Counted>, Finding> {
        if settings.uncounted.contains(ip) {
            return Ok(None);
        }
        let (counted, fits) = self.networks.enter(ip, settings.max_per_network);
        if !fits && settings.mode.enforces() {
            return Err(Finding::Network);
        }
        if !fits {
            settings.enforces(stats, Finding::Network);
        }
        Ok(Some(counted))
    }

    pub(crate) fn reserve(&self) -> Reserved {
        self.reserved.fetch_add(1, Relaxed);
        Reserved(Arc::clone(&self.reserved))
    }

    pub(crate) fn reserved(&self) -> usize {
        self.reserved.load(Relaxed)
    }
}

impl Waiting {
    /// One more. Where there would be more than `most` the oldest ends that has asked nothing yet; if all have, the oldest.
    pub(crate) fn add(&mut self, handle: AbortHandle, state: Arc<State>, most: usize) -> bool {
        self.0.retain(|(other, _)| !other.is_finished());
        let full = self.0.len() >= most;
        if full {
            let silent = self.0.iter().position(|(_, other)| other.requests().0 == 0);
            if let Some((leaves, _)) = self.0.remove(silent.unwrap_or(0)) {
                leaves.abort();
            }
        }
        self.0.push_back((handle, state));
        full
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn the_oldest_that_only_connected_leaves_first() {
        let mut waiting = Waiting::default();
        let mut tasks = Vec::new();
        let mut add = |asks: bool| {
            let (task, state) = (tokio::spawn(pending::<()>()), Arc::new(State::new()));
            if asks {
                state.begin_request(false, false);
            }
            let full = waiting.add(task.abort_handle(), state, 3);
            tasks.push(task);
            full
        };
        // The second goes, then the first and the third, since all have asked; then the sixth.
        let full = [true, false, true, true, true, false, true].map(&mut add);
        assert_eq!(full, [false, false, false, true, true, true, true]);
        for (place, leaves) in [true, true, true, false, false, true, false].into_iter().enumerate() {
            let task = &mut tasks[place];
            if leaves {
                assert!(task.await.unwrap_err().is_cancelled(), "{place}");
            } else {
                assert!(!task.is_finished(), "{place}");
            }
        }
    }
}
