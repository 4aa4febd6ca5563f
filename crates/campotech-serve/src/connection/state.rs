//! What a connection is doing, shared by its socket, its requests and its clock.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::*};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::settings::Settings;
use crate::stats::TimedOut;

/// Moments are nanoseconds since `start`, plus one; zero is "not".
#[derive(Debug)]
pub(crate) struct State {
    start: Instant,
    in_flight: AtomicU32,
    served: AtomicBool,
    http2: AtomicBool,
    had_body: AtomicBool,
    head_since: AtomicU64,
    idle_since: AtomicU64,
    blocked_since: AtomicU64,
    cut: AtomicBool,
    pub(crate) reader: AtomicWaker,
    pub(crate) writer: AtomicWaker,
    socket_gone: AtomicBool,
    gone: Notify,
}

/// When to look at the connection again, and why to close it if nothing has changed until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) reason: Option<TimedOut>,
}

/// What a drain should do with the connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDrain {
    /// Tell the protocol to finish.
    Finish,
    /// A head is on its way: it will be served, and the connection closed after it.
    AwaitHead,
    /// Nothing came yet; wait for the grace time only.
    AwaitFirst,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            in_flight: AtomicU32::new(0),
            served: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            had_body: AtomicBool::new(false),
            head_since: AtomicU64::new(0),
            idle_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            socket_gone: AtomicBool::new(false),
            gone: Notify::new(),
        }
    }

    /// Bytes came in.
    pub(crate) fn received(&self) {
        if self.in_flight.load(Acquire) == 0 && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now(), Release);
        }
    }

    /// The socket took bytes, or has none to take.
    pub(crate) fn sent(&self) {
        if self.blocked_since.load(Relaxed) != 0 {
            self.blocked_since.store(0, Release);
        }
    }

    /// The socket takes no more bytes for now.
    pub(crate) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.blocked_since.store(self.now(), Release);
        }
    }

    pub(crate) fn begin_request(&self, http2: bool, has_body: bool) {
        self.in_flight.fetch_add(1, AcqRel);
        self.served.store(true, Release);
        self.http2.store(http2, Release);
        self.had_body.store(has_body, Release);
        self.head_since.store(0, Release);
    }

    pub(crate) fn end_request(&self) {
        self.head_since.store(0, Release);
        self.idle_since.store(self.now(), Release);
        self.in_flight.fetch_sub(1, AcqRel);
    }

    /// Whether the client may still be sending the body of the last request.
    pub(crate) fn may_be_sending(&self) -> bool {
        self.had_body.load(Acquire)
    }

    pub(crate) fn deadline(&self, settings: &Settings) -> Deadline {
        let due = |since: u64, time: Duration, reason| Deadline {
            at: self.start + Duration::from_nanos(since.saturating_sub(1)) + time,
            reason: Some(reason),
        };
        let (blocked, head) = (self.blocked_since.load(Acquire), self.head_since.load(Acquire));
        if blocked != 0 {
            return due(blocked, settings.write_stall, TimedOut::WriteStall);
        }
        if self.in_flight.load(Acquire) > 0 {
            // Only the request's own limits count now; an HTTP/2 stream may end without waking the connection, so look
            // again.
            return Deadline { at: Instant::now() + settings.idle, reason: None };
        }
        if !self.served.load(Acquire) {
            let reason = if head == 0 { TimedOut::Silent } else { TimedOut::Head };
            let first = due(0, settings.first_request, reason);
            let whole = due(head, settings.head, TimedOut::Head);
            return if head != 0 && whole.at < first.at { whole } else { first };
        }
        // On HTTP/2 the bytes between two requests are settings and pings, not a head.
        if head != 0 && !self.http2.load(Acquire) {
            return due(head, settings.head, TimedOut::Head);
        }
        due(self.idle_since.load(Acquire), settings.idle, TimedOut::Idle)
    }

    pub(crate) fn on_drain(&self) -> OnDrain {
        if self.in_flight.load(Acquire) > 0 || self.http2.load(Acquire) {
            OnDrain::Finish
        } else if self.head_since.load(Acquire) != 0 {
            OnDrain::AwaitHead
        } else if self.served.load(Acquire) {
            OnDrain::Finish
        } else {
            OnDrain::AwaitFirst
        }
    }

    /// Makes every further use of the socket fail: for upgraded connections, which are no longer ours to drop.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Release);
        self.reader.wake();
        self.writer.wake();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Acquire)
    }

    pub(crate) fn socket_dropped(&self) {
        self.socket_gone.store(true, Release);
        self.gone.notify_one();
    }

    pub(crate) async fn socket_closed(&self) {
        while !self.socket_gone.load(Acquire) {
            self.gone.notified().await;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn reason(state: &State, settings: &Settings) -> (u64, Option<TimedOut>) {
        let deadline = state.deadline(settings);
        ((deadline.at - state.start).as_secs(), deadline.reason)
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_own_deadline() {
        let (state, settings) = (State::new(), Settings::default());
        assert_eq!(reason(&state, &settings), (10, Some(TimedOut::Silent)));
        advance(Duration::from_secs(4)).await;
        state.received();
        advance(Duration::from_secs(1)).await;
        state.received();
        assert_eq!(reason(&state, &settings), (10, Some(TimedOut::Head)), "from the start, not per byte");
        state.begin_request(false, false);
        assert_eq!(reason(&state, &settings), (80, None));
        state.blocked();
        advance(Duration::from_secs(1)).await;
        state.blocked();
        assert_eq!(reason(&state, &settings), (35, Some(TimedOut::WriteStall)));
        state.sent();
        state.end_request();
        assert_eq!(reason(&state, &settings), (81, Some(TimedOut::Idle)));
        advance(Duration::from_secs(10)).await;
        state.received();
        assert_eq!(reason(&state, &settings), (26, Some(TimedOut::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_on_an_idle_http2_connection_is_no_head() {
        let (state, settings) = (State::new(), Settings::default());
        state.received();
        state.begin_request(true, false);
        state.end_request();
        state.received();
        assert_eq!(reason(&state, &settings), (75, Some(TimedOut::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_what_has_begun() {
        let state = State::new();
        assert_eq!(state.on_drain(), OnDrain::AwaitFirst);
        state.received();
        assert_eq!(state.on_drain(), OnDrain::AwaitHead);
        state.begin_request(false, true);
        assert_eq!(state.on_drain(), OnDrain::Finish);
        state.end_request();
        assert_eq!(state.on_drain(), OnDrain::Finish);
        state.received();
        assert_eq!(state.on_drain(), OnDrain::AwaitHead);
    }
}
