//! The future that drives one connection to its end.

use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use campotech_core::PeerAddr;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tower_service::Service;

use super::io::WatchedSocket;
use super::request::RequestService;
use super::state::{OnDrain, State};
use super::streams::StreamExecutor;
use crate::settings::Settings;
use crate::shutdown::Phase;
use crate::stats::TimedOut;
use crate::{ServeStats, Shutdown};

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    state: Arc<State>,
    settings: Arc<Settings>,
    active: Active,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By the protocol, the client, or an error of either.
    Closed,
    /// By a timer of ours.
    TimedOut,
    /// By the end of the drain.
    Cut,
}

enum Step {
    Done,
    Late,
    Cut,
}

/// Counts the connection as active until it is dropped, be it by a panic, and then cuts the socket: one that was upgraded
/// is no longer ours to drop.
#[derive(Debug)]
struct Active {
    stats: ServeStats,
    state: Arc<State>,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        settings: Arc<Settings>,
        stats: ServeStats,
    ) -> Self {
        stats.counters().active.fetch_add(1, Relaxed);
        let state = Arc::new(State::new());
        let active = Active { stats, state: Arc::clone(&state) };
        Self { stream, peer, state, settings, active }
    }

    pub(crate) async fn run<S, B>(self, service: S, shutdown: Shutdown, cut: Shutdown) -> Ended
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { stream, peer, state, settings, active } = self;
        // Small answers leave at once; a socket that refuses the option works all the same.
        let _ = stream.set_nodelay(true);
        let mut cut_reached = pin!(cut.clone().reached(Phase::Aborting));
        let step = {
            let io = TokioIo::new(WatchedSocket::new(stream, Arc::clone(&state), settings.linger));
            let service = RequestService {
                inner: service,
                peer: PeerAddr(peer),
                state: Arc::clone(&state),
                stats: active.stats.clone(),
                shutdown: shutdown.clone(),
            };
            let protocol = settings.protocol(StreamExecutor::new(cut));
            let mut conn = pin!(protocol.serve_connection_with_upgrades(io, service));
            let mut drain_reached = pin!(shutdown.reached(Phase::Draining));
            let mut alarm = state.deadline(&settings).at;
            let mut clock = pin!(sleep_until(alarm));
            let mut draining: Option<Instant> = None;
            let (mut told, mut counted) = (false, None);
            poll_fn(|cx| {
                if cut_reached.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Step::Cut);
                }
                if draining.is_none() && drain_reached.as_mut().poll(cx).is_ready() {
                    draining = Some(Instant::now());
                }
                loop {
                    // First the socket, so that a request that is here already is seen before a drain is told.
                    if conn.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(Step::Done);
                    }
                    let mut deadline = state.deadline(&settings);
                    if let Some(began) = draining
                        && !told
                    {
                        let grace = began + settings.fresh_grace;
                        let on_drain = state.on_drain();
                        let now = Instant::now();
                        if on_drain == OnDrain::Finish || on_drain == OnDrain::AwaitFirst && now >= grace {
                            told = true;
                            state.said_goodbye();
                            conn.as_mut().graceful_shutdown();
                            continue;
                        }
                        if on_drain == OnDrain::AwaitFirst && grace < deadline.at {
                            deadline.at = grace;
                            deadline.reason = None;
                        }
                    }
                    // A later deadline needs no new alarm: the old one only looks again.
                    if deadline.at < alarm || clock.is_elapsed() {
                        alarm = deadline.at;
                        clock.as_mut().reset(alarm);
                    }
                    if clock.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    let Some(reason) = deadline.reason else { continue };
                    if Instant::now() < deadline.at {
                        continue;
                    }
                    // A client that was told to leave and has nothing open does not count as late.
                    if counted.is_none() && !(told && reason == TimedOut::Idle) {
                        counted = Some(reason);
                        active.stats.counters().time_out(reason);
                        tracing::debug!(%peer, ?reason, "connection closes");
                    }
                    if told || !state.is_http2() {
                        return Poll::Ready(Step::Late);
                    }
                    // HTTP/2 says so first, so that a client knows which requests it may send again elsewhere.
                    told = true;
                    state.said_goodbye();
                    conn.as_mut().graceful_shutdown();
                }
            })
            .await
        };
        match step {
            Step::Cut => Ended::Cut,
            Step::Late => Ended::TimedOut,
            Step::Done => {
                // An upgraded socket lives on with its handler; it counts, and is cut, like any other.
                tokio::select! {
                    biased;
                    () = state.socket_closed() => Ended::Closed,
                    () = cut_reached => Ended::Cut,
                }
            }
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.state.cut();
        self.stats.counters().active.fetch_sub(1, Relaxed);
    }
}
