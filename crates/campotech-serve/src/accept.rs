//! The loop that accepts, counts, refuses, and finally drains.

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::BuildHasher;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tower_service::Service;

use crate::connection::{ClientBody, Connection, Ended};
use crate::proxy::ProxyProtocol;
use crate::seats::{Seat, Seats, Waiting};
use crate::settings::Settings;
use crate::shutdown::{Phase, Trigger};
use crate::stats::Finding;
use crate::{DrainReport, ServeStats, Shutdown, shutdown_pair};

/// Waits after an accept that failed for want of descriptors or memory.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Connections end at once when they are cut; one that does not by then is left behind.
const AFTER_CUT: Duration = Duration::from_secs(1);

pub(crate) struct AcceptLoop<S> {
    settings: Arc<Settings>,
    /// Those of connections beyond the most.
    reserve: Arc<Settings>,
    stats: ServeStats,
    seats: Arc<Seats>,
    waiting: Waiting,
    chance: RandomState,
    service: S,
    shutdown: Shutdown,
    /// Connections are cut by this server's own trigger: the deadline of one server is not that of another that
    /// follows the same shutdown.
    cut: Trigger,
    cut_seen: Shutdown,
    open: JoinSet<Ended>,
}

impl<S, B> AcceptLoop<S>
where
    S: Service<Request<ClientBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(crate) fn new(settings: Arc<Settings>, stats: ServeStats, service: S, shutdown: Shutdown) -> Self {
        let (cut, cut_seen) = shutdown_pair();
        Self {
            reserve: Arc::new(settings.of_the_reserve()),
            settings,
            stats,
            seats: Arc::default(),
            waiting: Waiting::default(),
            chance: RandomState::new(),
            service,
            shutdown,
            cut,
            cut_seen,
            open: JoinSet::new(),
        }
    }

    pub(crate) async fn run(mut self, listener: TcpListener) -> DrainReport {
        self.accept_until_drain(&listener).await;
        let began = Instant::now();
        self.accept_backlog(listener);
        let waiting = self.open.len() as u64;
        let aborted = self.drain(began).await;
        DrainReport { finished: waiting.saturating_sub(aborted), aborted, took: began.elapsed() }
    }

    async fn accept_until_drain(&mut self, listener: &TcpListener) {
        let mut draining = std::pin::pin!(self.shutdown.clone().reached(Phase::Draining));
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                biased;
                () = &mut draining => return,
                Some(_) = self.open.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        pause = FIRST_PAUSE;
                        self.begin(stream, peer);
                    }
                    Err(error) => {
                        self.stats.counters().accept_errors.fetch_add(1, Relaxed);
                        if is_the_clients(&error) {
                            continue;
                        }
                        // Out of descriptors or memory: the connection stays in the backlog and accept would fail again
                        // at once, so the loop waits instead of spinning.
                        tracing::warn!(%error, pause_ms = pause.as_millis() as u64, "accept failed");
                        tokio::select! {
                            () = &mut draining => return,
                            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                        }
                    }
                }
            }
        }
    }

    /// Takes over what the system had already connected, so that closing the listener resets nobody.
    fn accept_backlog(&mut self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        // Bounded: a flood can't keep the listener open.
        for _ in 0..self.settings.max_connections.saturating_add(self.settings.reserve) {
            let Ok((stream, peer)) = listener.accept() else { break };
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.begin(stream, peer);
            }
        }
    }

    fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        let full = self.is_full();
        if full && self.settings.reserve == 0 {
            return self.settings.found(&self.stats, Finding::Full);
        }
        // Behind a proxy that tells the client the client is counted, once it is told.
        let told = |proxy: &ProxyProtocol| proxy.is_from(peer.ip());
        let counted = if self.settings.proxy.as_ref().is_some_and(told) {
            None
        } else {
            match self.seats.count(peer.ip(), &self.settings, &self.stats) {
                Ok(counted) => counted,
                Err(finding) => return self.settings.found(&self.stats, finding),
            }
        };
        let accepted = self.stats.counters().accepted.fetch_add(1, Relaxed);
        let max_age = with_jitter(self.settings.max_age, self.chance.hash_one(accepted));
        let settings = Arc::clone(if full { &self.reserve } else { &self.settings });
        let seat = Seat { counted, reserved: full.then(|| self.seats.reserve()) };
        let connection = Connection::new(stream, peer, settings, self.stats.clone(), seat, max_age);
        let state = Arc::clone(connection.state());
        let (shutdown, cut) = (self.shutdown.clone(), self.cut_seen.clone());
        let running = connection.run(self.service.clone(), Arc::clone(&self.seats), shutdown, cut);
        let handle = self.open.spawn(running);
        if full && self.waiting.add(handle, state, self.settings.reserve) {
            self.settings.found(&self.stats, Finding::Full);
        }
    }

    fn is_full(&mut self) -> bool {
        let full = |this: &Self| {
            this.open.len() >= this.settings.max_connections.saturating_add(this.seats.reserved())
        };
        if full(self) {
            // The set also holds connections that ended and were not collected yet.
            while self.open.try_join_next().is_some() {}
        }
        full(self)
    }

    async fn drain(&mut self, began: Instant) -> u64 {
        let deadline = began + self.settings.drain_deadline;
        let cut = self.cut.clone();
        {
            let mut aborting = std::pin::pin!(self.shutdown.clone().reached(Phase::Aborting));
            let mut late = std::pin::pin!(sleep_until(deadline));
            loop {
                tokio::select! {
                    biased;
                    ended = self.open.join_next() => if ended.is_none() { return 0 },
                    () = &mut aborting => break,
                    () = &mut late => break,
                }
            }
        }
        cut.abort();
        let mut aborted = 0;
        let mut overdue = std::pin::pin!(sleep(AFTER_CUT));
        loop {
            tokio::select! {
                biased;
                ended = self.open.join_next() => match ended {
                    Some(Ok(Ended::Cut)) => aborted += 1,
                    Some(_) => {}
                    None => break,
                },
                () = &mut overdue => {
                    // A service that blocks its thread can't be cut; the process goes on without it.
                    aborted += self.open.len() as u64;
                    tracing::warn!(connections = self.open.len(), "still running after they were cut");
                    break;
                }
            }
        }
        self.stats.counters().aborted.fetch_add(aborted, Relaxed);
        aborted
    }
}

/// A tenth more or less, so that connections that came together don't leave together.
fn with_jitter(age: Duration, chance: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = chance as f64 / u64::MAX as f64;
    age.mul_f64(0.9 + 0.2 * share)
}

/// Whether one client's connection failed, which says nothing about the next.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_a_tenth_apart_at_most() {
        let age = Duration::from_secs(1000);
        assert_eq!(with_jitter(age, 0), Duration::from_secs(900));
        assert_eq!(with_jitter(age, u64::MAX), Duration::from_secs(1100));
        let chance = RandomState::new();
        let ages: std::collections::HashSet<_> =
            (0..100_u64).map(|count| with_jitter(age, chance.hash_one(count))).collect();
        assert!(ages.len() > 90);
    }
}
