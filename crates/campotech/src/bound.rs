//! A platform that listens: it serves, and drains in the right order.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use campotech_health::{Health, Watchdog};
use campotech_security::rate_limit::RateLimitLayer;
use campotech_sentry::SentryGuard;
use campotech_serve::{DrainReport, Server, Shutdown, Trigger};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::admin::Admin;
use crate::lifecycle::{DrainTrigger, Drained, Signals};
use crate::logs::LogGuard;
use crate::maintenance::MaintenanceSignals;
use crate::ops::Face;
use crate::otlp::Traces;
use crate::platform::Hook;
use crate::wire;
use crate::wire::tls_files::TlsFiles;

/// A platform that listens, and does not serve yet.
pub struct Bound {
    pub(crate) addr: SocketAddr,
    pub(crate) admin_addr: Option<SocketAddr>,
    pub(crate) face: Face,
    pub(crate) signals: Signals,
    pub(crate) maintenance: MaintenanceSignals,
    pub(crate) watchdog: Watchdog,
    pub(crate) drain_delay: Duration,
    pub(crate) drain_deadline: Duration,
    pub(crate) server: Server,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) router: Router,
    pub(crate) health: Health,
    pub(crate) rate_limits: RateLimitLayer,
    pub(crate) sentry: SentryGuard,
    pub(crate) log_guard: LogGuard,
    pub(crate) traces: Traces,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) drain: DrainTrigger,
    pub(crate) shutdown: (Trigger, Shutdown),
    pub(crate) admin: Option<Admin>,
}

/// When each part of a drain is over, counted back from the one deadline.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    /// Connections are cut.
    connections: Duration,
    /// Hooks are given up.
    hooks: Duration,
    /// The process ends.
    end: Duration,
}

impl Bound {
    /// Where the public listener is.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the admin listener is.
    #[must_use]
    pub const fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_addr
    }

    /// Where the status page and the metrics are, if anywhere.
    #[must_use]
    pub fn operators_addr(&self) -> Option<SocketAddr> {
        self.admin_addr.or((self.face == Face::Operators).then_some(self.addr))
    }

    /// The health of the service.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// The rate limits: [`replace`](RateLimitLayer::replace) changes the tiers while the service runs.
    #[must_use]
    pub const fn rate_limits(&self) -> &RateLimitLayer {
        &self.rate_limits
    }

    /// What is served at the public listener, for tests without a socket. A request needs what comes with a connection, axum's
    /// `ConnectInfo<SocketAddr>` among its extensions, and what every client sends, a `Host`; without, it is refused.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Accepts and serves until SIGTERM or SIGINT; then `/ready` is 503 at once, the listener stays open for the drain
    /// delay, requests in flight are answered, hooks run, error tracking and traces are flushed. A share of the time is kept for
    /// the last two, so connections are cut a little before the drain deadline (3 s, less where there is less time), and all of it ends by then.
    ///
    /// A second signal ends the delay, a third one cuts what is left.
    pub async fn run(self) -> Drained {
        let schedule = Schedule::of(self.drain_delay, self.drain_deadline);
        let Self { mut signals, maintenance, watchdog, server, health, hooks, drain, admin, .. } = self;
        let (trigger, shutdown) = self.shutdown;
        let server = server.with_drain_deadline(schedule.connections.saturating_sub(self.drain_delay));
        let serving = tokio::spawn(server.serve(self.router, shutdown));

        let switching = tokio::spawn(maintenance.obey(health.clone()));
        let following = self.tls.map(|files| tokio::spawn(files.follow()));
        signals.next().await;
        let signalled = Instant::now();
        health.drain();
        trigger.leave();
        tracing::info!(delay = ?self.drain_delay, deadline = ?self.drain_deadline, "draining");
        let _ = timeout(self.drain_delay, signals.next()).await;
        drain.pull();
        trigger.drain();
        let drained = finish(serving, &trigger, &mut signals).await;
        for hook in hooks {
            if timeout_at(signalled + schedule.hooks, hook()).await.is_err() {
                tracing::warn!("a part of the service did not stop in time");
            }
        }
        let end = signalled + schedule.end;
        tokio::join!(wire::drain_flush::flush(self.sentry, end), self.traces.finish(end));
        if let Some(admin) = admin {
            admin.end(end).await;
        }
        switching.abort();
        if let Some(following) = following {
            following.abort();
        }
        drop(watchdog);
        tracing::info!(finished = drained.finished, aborted = drained.aborted, "drained");
        drop(self.log_guard);
        drained
    }
}

/// The accept loop keeps its own deadline; a further signal does not wait for it.
async fn finish(mut serving: JoinHandle<DrainReport>, trigger: &Trigger, signals: &mut Signals) -> Drained {
    let report = tokio::select! {
        report = &mut serving => report,
        () = signals.next() => {
            trigger.abort();
            serving.await
        }
    };
    match report {
        Ok(report) => Drained { finished: report.finished, aborted: report.aborted },
        Err(error) => {
            tracing::error!(%error, "the accept loop ended badly");
            Drained { finished: 0, aborted: 0 }
        }
    }
}

impl Schedule {
    const RESERVE: Duration = Duration::from_secs(3);

    fn of(delay: Duration, deadline: Duration) -> Self {
        let reserve = (deadline.saturating_sub(delay) / 4).min(Self::RESERVE);
        Self { connections: deadline - reserve, hooks: deadline - reserve / 3, end: deadline }
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("addr", &self.addr)
            .field("admin_addr", &self.admin_addr)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_ends_by_its_deadline_whatever_the_settings() {
        let seconds = Duration::from_secs;
        for (delay, deadline) in [(5, 25), (0, 1), (20, 21), (30, 25), (0, 0)] {
            let schedule = Schedule::of(seconds(delay), seconds(deadline));
            assert!(schedule.connections <= schedule.hooks && schedule.hooks <= schedule.end);
            assert_eq!(schedule.end, seconds(deadline));
        }
        assert_eq!(Schedule::of(seconds(5), seconds(25)).connections, seconds(22));
    }
}
