//! The future that drives one connection to its end.

use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;

use campotech_core::PeerAddr;
use http::{Request, Response};
use http_body::Body;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};
use tower_service::Service;

use super::ClientBody;
use super::io::WatchedSocket;
use super::open::{Opened, has_prelude, open};
use super::request::RequestService;
use super::state::{OnDrain, State};
use super::streams::StreamExecutor;
use super::transport::Transport;
use crate::seats::{Seat, Seats};
use crate::settings::Settings;
use crate::shutdown::Phase;
use crate::stats::Finding;
use crate::{ServeStats, Shutdown};

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    state: Arc<State>,
    settings: Arc<Settings>,
    seat: Seat,
    max_age: Duration,
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
        seat: Seat,
        max_age: Duration,
    ) -> Self {
        stats.counters().active.fetch_add(1, Relaxed);
        let state = Arc::new(State::new());
        let active = Active { stats, state: Arc::clone(&state) };
        Self { stream, peer, state, settings, seat, max_age, active }
    }

    pub(crate) const fn state(&self) -> &Arc<State> {
        &self.state
    }

    pub(crate) async fn run<S, B>(
        self,
        service: S,
        seats: Arc<Seats>,
        shutdown: Shutdown,
        cut: Shutdown,
    ) -> Ended
    where
        S: Service<Request<ClientBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { stream, peer, state, settings, seat, max_age, active } = self;
        let Seat { counted, reserved } = seat;
        // Small answers leave at once; a socket that refuses the option works all the same.
        let _ = stream.set_nodelay(true);
        bound_unsent(&stream);
        let mut cut_reached = pin!(cut.clone().reached(Phase::Aborting));
        let opened = if has_prelude(&settings) {
            let prelude = open((stream, peer), counted, &settings, (&active.stats, &seats), state.start());
            // Boxed, so that connections without a prelude don't carry the room for one.
            match Box::pin(until_told(prelude, &cut, &shutdown, settings.fresh_grace)).await {
                Prelude::Opened(Ok(opened)) => opened,
                Prelude::Opened(Err(finding)) => {
                    if let Some(finding) = finding {
                        settings.found(&active.stats, finding);
                    }
                    tracing::debug!(%peer, ?finding, "connection closes");
                    return Ended::Closed;
                }
                Prelude::Over(ended) => return ended,
            }
        } else {
            Opened { transport: Transport::Plain(stream), client: peer, counted }
        };
        let Opened { transport, client: peer, counted } = opened;
        let of_the_reserve = reserved.is_some();
        let step = {
            let service = RequestService {
                inner: service,
                peer: PeerAddr(peer),
                state: Arc::clone(&state),
                stats: active.stats.clone(),
                settings: Arc::clone(&settings),
                shutdown: shutdown.clone(),
                of_the_reserve,
                max_age,
            };
            let socket = WatchedSocket::new(
                transport,
                Arc::clone(&state),
                active.stats.clone(),
                Arc::clone(&settings),
            );
            let io = TokioIo::new(socket);
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
                    if let Poll::Ready(ended) = conn.as_mut().poll(cx) {
                        if ended.is_err_and(|error| is_library_calm(&*error)) {
                            settings.found(&active.stats, Finding::Flood);
                        }
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
                    if !told && state.is_http2() {
                        let (aged, first) = state.is_aged(max_age);
                        if first {
                            active.stats.counters().aged.fetch_add(1, Relaxed);
                        }
                        if aged || of_the_reserve && state.requests().0 > 0 {
                            told = true;
                            state.said_goodbye();
                            conn.as_mut().graceful_shutdown();
                            continue;
                        }
                        let aged_at = state.aged_at(max_age);
                        if aged_at < deadline.at {
                            deadline.at = aged_at;
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
                    if counted.is_none() && !(told && reason == Finding::Idle) {
                        counted = Some(reason);
                        settings.found(&active.stats, reason);
                        tracing::debug!(%peer, ?reason, "connection closes");
                    }
                    if told || !state.is_http2() {
                        state.reset_if_blocked();
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
        let ended = match step {
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
        };
        // Its places are free again once nothing of it is left.
        drop((counted, reserved));
        ended
    }
}

/// What the system holds of an answer beyond what is on its way. Without a bound it takes megabytes of each answer that
/// nobody reads, out of the memory that all sockets share.
#[cfg(target_os = "linux")]
fn bound_unsent(stream: &TcpStream) {
    const MOST: u32 = 128 * 1024;
    // A socket that refuses the option works all the same.
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(MOST);
}

#[cfg(not(target_os = "linux"))]
const fn bound_unsent(_: &TcpStream) {}

/// Whether the HTTP/2 library ended the connection for what it bounds by itself.
fn is_library_calm(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_library() && error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM);
        }
        next = error.source();
    }
    false
}

enum Prelude {
    Opened(Result<Opened, Option<Finding>>),
    Over(Ended),
}

/// A prelude that ends with the server's cut, and once a drain has begun has the time of a fresh connection.
async fn until_told(
    prelude: impl Future<Output = Result<Opened, Option<Finding>>>,
    cut: &Shutdown,
    shutdown: &Shutdown,
    grace: Duration,
) -> Prelude {
    let drained = async {
        shutdown.draining().await;
        sleep(grace).await;
    };
    tokio::select! {
        biased;
        () = cut.clone().reached(Phase::Aborting) => Prelude::Over(Ended::Cut),
        opened = prelude => Prelude::Opened(opened),
        () = drained => Prelude::Over(Ended::Closed),
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.state.cut();
        self.stats.counters().active.fetch_sub(1, Relaxed);
    }
}
