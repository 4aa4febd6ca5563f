//! What a connection is doing, shared by its socket, its requests and its clock.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::*};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answers::Answers;
use super::frames::Seen;
use crate::settings::Settings;
use crate::stats::Finding;

/// Moments are nanoseconds since `start`, plus one; zero is "not".
#[derive(Debug)]
pub(crate) struct State {
    start: Instant,
    in_flight: AtomicU32,
    begun: AtomicU32,
    answered: AtomicU32,
    aged: AtomicBool,
    served: AtomicBool,
    http2: AtomicBool,
    had_body: AtomicBool,
    /// Bytes of the next request came before the answer was over.
    early: AtomicBool,
    head_since: AtomicU64,
    idle_since: AtomicU64,
    blocked_since: AtomicU64,
    goodbye_since: AtomicU64,
    answers: Mutex<Answers>,
    cut: AtomicBool,
    reset: AtomicBool,
    pub(crate) reader: AtomicWaker,
    pub(crate) writer: AtomicWaker,
    resembled: AtomicBool,
    socket_gone: AtomicBool,
    gone: Notify,
}

/// When to look at the connection again, and why to close it if nothing has changed until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) reason: Option<Finding>,
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
            begun: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            aged: AtomicBool::new(false),
            served: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            had_body: AtomicBool::new(false),
            early: AtomicBool::new(false),
            head_since: AtomicU64::new(0),
            idle_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            goodbye_since: AtomicU64::new(0),
            answers: Mutex::default(),
            cut: AtomicBool::new(false),
            reset: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            resembled: AtomicBool::new(false),
            socket_gone: AtomicBool::new(false),
            gone: Notify::new(),
        }
    }

    /// Bytes came in.
    pub(crate) fn received(&self, bytes: &[u8], seen: Seen) {
        match seen {
            Seen::Open | Seen::Head => {
                if !self.http2.swap(true, AcqRel) {
                    // The client has said hello; now it may wait, as between two requests.
                    self.idle_since.store(self.now(), Release);
                    self.head_since.store(0, Release);
                    self.served.store(true, Release);
                }
                if seen == Seen::Open {
                    self.head_since.store(0, Release);
                } else if self.head_since.load(Relaxed) == 0 {
                    self.head_since.store(self.now(), Release);
                }
            }
            // Some clients end a body with a line too many; the next head may be long in coming.
            _ if self.served.load(Acquire) && bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => {}
            // What comes during an answer is the next head, or the body of this request.
            _ if self.in_flight.load(Acquire) > 0 => {
                self.early.fetch_or(!self.had_body.load(Acquire), AcqRel);
            }
            _ if self.head_since.load(Relaxed) == 0 => self.head_since.store(self.now(), Release),
            _ => {}
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

    /// The request's place among the answers, and its generation there.
    pub(crate) fn begin_request(&self, http2: bool, has_body: bool) -> (usize, u32) {
        self.in_flight.fetch_add(1, AcqRel);
        self.begun.fetch_add(1, AcqRel);
        self.served.store(true, Release);
        self.http2.store(http2, Release);
        self.had_body.store(has_body, Release);
        self.early.store(false, Release);
        if !http2 {
            self.head_since.store(0, Release);
        }
        self.answers().begin()
    }

    /// The service has answered; the body of the answer may still have to come.
    pub(crate) fn begin_answer(&self, place: usize) {
        self.answered.fetch_add(1, AcqRel);
        self.answers().begin_answer(place);
    }

    pub(crate) fn is_answered(&self, place: (usize, u32)) -> bool {
        self.answers().is_begun(place)
    }

    /// Requests that reached the service, and those that it has answered.
    pub(crate) fn requests(&self) -> (u32, u32) {
        (self.begun.load(Acquire), self.answered.load(Acquire))
    }

    /// Whether the connection is as old as it may be; and whether that is news.
    pub(crate) fn is_aged(&self, max_age: Duration) -> (bool, bool) {
        if self.aged.load(Acquire) {
            return (true, false);
        }
        let aged = self.start.elapsed() >= max_age;
        (aged, aged && !self.aged.swap(true, AcqRel))
    }

    pub(crate) fn aged_at(&self, max_age: Duration) -> Instant {
        self.start + max_age
    }

    pub(crate) const fn start(&self) -> Instant {
        self.start
    }

    pub(crate) fn begin_chunk(&self, place: usize) {
        let now = self.now();
        self.answers().begin_chunk(place, now);
    }

    /// The socket took bytes of an answer.
    pub(crate) fn took(&self, place: usize, bytes: usize) {
        let now = self.now();
        self.answers().took(place, bytes, now);
    }

    pub(crate) fn end_chunk(&self, place: usize) {
        let over = self.answers().end_chunk(place);
        if over {
            self.end_request();
        }
    }

    pub(crate) fn end_body(&self, place: usize) {
        let over = self.answers().end_body(place);
        if over {
            self.end_request();
        }
    }

    fn end_request(&self) {
        let now = self.now();
        if !self.is_http2() {
            let head = if self.early.swap(false, AcqRel) { now } else { 0 };
            self.head_since.store(head, Release);
        }
        self.idle_since.store(now, Release);
        self.in_flight.fetch_sub(1, AcqRel);
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.http2.load(Acquire)
    }

    /// The protocol was told to finish.
    pub(crate) fn said_goodbye(&self) {
        self.goodbye_since.store(self.now(), Release);
    }

    /// Whether the client may still be sending the body of the last request.
    pub(crate) fn may_be_sending(&self) -> bool {
        self.had_body.load(Acquire)
    }

    pub(crate) fn deadline(&self, settings: &Settings) -> Deadline {
        let at =
            |since: u64, time: Duration| self.start + Duration::from_nanos(since.saturating_sub(1)) + time;
        let due = |since, time, reason| Deadline { at: at(since, time), reason: Some(reason) };
        // An HTTP/2 client that was told to leave has a moment to do so, whatever the reason was.
        let goodbye = if self.is_http2() { self.goodbye_since.load(Acquire) } else { 0 };
        let (blocked, waiting) = (self.blocked_since.load(Acquire), self.answers().waiting_since());
        if let Some(since) = [(blocked != 0).then_some(blocked), waiting].into_iter().flatten().min() {
            let mut stalled = due(since, settings.write_stall, Finding::WriteStall);
            if goodbye != 0 {
                stalled.at = stalled.at.max(at(goodbye, settings.linger));
            }
            return stalled;
        }
        if self.in_flight.load(Acquire) > 0 {
            // Only the request's own limits count now; an HTTP/2 stream may stall or end without waking the connection,
            // so look again.
            let again = settings.idle.min(settings.write_stall);
            let again = if goodbye == 0 { again } else { again.min(settings.linger) };
            return Deadline { at: Instant::now() + again, reason: None };
        }
        let (head, idle) = (self.head_since.load(Acquire), self.idle_since.load(Acquire));
        if goodbye != 0 {
            return due(goodbye.max(idle), settings.linger, Finding::Idle);
        }
        if !self.served.load(Acquire) {
            let reason = if head == 0 { Finding::Silent } else { Finding::Head };
            let first = due(0, settings.first_request, reason);
            let whole = due(head, settings.head, Finding::Head);
            return if head != 0 && whole.at < first.at { whole } else { first };
        }
        let idle = due(idle, settings.idle, Finding::Idle);
        if head == 0 {
            return idle;
        }
        let whole = due(head, settings.head, Finding::Head);
        // Frames come and go on HTTP/2 between two requests: a head does not extend the idle time there.
        if self.is_http2() && idle.at < whole.at { idle } else { whole }
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

    /// What the service has written, or will, may look like an answer of hyper's own.
    pub(crate) fn may_resemble_hyper(&self) {
        self.resembled.store(true, Release);
    }

    /// Whether an answer that looks like hyper's own is that: no request is in flight, and the service writes nothing like it.
    pub(crate) fn can_be_hypers_answer(&self) -> bool {
        self.in_flight.load(Acquire) == 0 && !self.is_http2() && !self.resembled.load(Acquire)
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Acquire)
    }

    /// Makes the end of a socket that takes no more bytes a reset: what the client does not take is thrown away, and not
    /// kept by the system in case it does.
    pub(crate) fn reset_if_blocked(&self) {
        self.reset.store(self.blocked_since.load(Acquire) != 0, Release);
    }

    pub(crate) fn resets_at_end(&self) -> bool {
        self.reset.load(Acquire)
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

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn reason(state: &State, settings: &Settings) -> (u64, Option<Finding>) {
        let deadline = state.deadline(settings);
        ((deadline.at - state.start).as_secs(), deadline.reason)
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_own_deadline() {
        let (state, settings) = (State::new(), Settings::default());
        assert_eq!(reason(&state, &settings), (10, Some(Finding::Silent)));
        advance(Duration::from_secs(4)).await;
        state.received(b"G", Seen::Http1);
        advance(Duration::from_secs(1)).await;
        state.received(b"G", Seen::Http1);
        assert_eq!(reason(&state, &settings), (10, Some(Finding::Head)), "from the start, not per byte");
        let (place, _) = state.begin_request(false, false);
        assert_eq!(reason(&state, &settings), (35, None), "looks again");
        state.blocked();
        advance(Duration::from_secs(1)).await;
        state.blocked();
        assert_eq!(reason(&state, &settings), (35, Some(Finding::WriteStall)));
        state.sent();
        state.begin_chunk(place);
        state.end_body(place);
        assert_eq!(reason(&state, &settings), (36, Some(Finding::WriteStall)), "pulled, not taken");
        state.end_chunk(place);
        assert_eq!(reason(&state, &settings), (81, Some(Finding::Idle)));
        advance(Duration::from_secs(10)).await;
        state.received(b"\r\n", Seen::Http1);
        assert_eq!(reason(&state, &settings), (81, Some(Finding::Idle)), "an empty line is no head");
        state.received(b"G", Seen::Http1);
        assert_eq!(reason(&state, &settings), (26, Some(Finding::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_came_early_has_its_time_from_the_end_of_the_answer_before() {
        let (state, settings) = (State::new(), Settings::default());
        let (place, _) = state.begin_request(false, false);
        state.received(b"GET / HT", Seen::Http1);
        advance(Duration::from_secs(5)).await;
        state.end_body(place);
        assert_eq!(reason(&state, &settings), (15, Some(Finding::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_http2_client_that_said_hello_may_wait_but_not_in_the_middle_of_a_head() {
        let (state, settings) = (State::new(), Settings::default());
        state.received(b"PRI", Seen::Opening);
        assert_eq!(reason(&state, &settings), (10, Some(Finding::Head)));
        advance(Duration::from_secs(1)).await;
        state.received(b"..", Seen::Open);
        assert_eq!(reason(&state, &settings), (76, Some(Finding::Idle)));
        advance(Duration::from_secs(1)).await;
        state.received(b"..", Seen::Open);
        assert_eq!(reason(&state, &settings), (76, Some(Finding::Idle)), "a ping buys no time");
        state.received(b"..", Seen::Head);
        assert_eq!(reason(&state, &settings), (12, Some(Finding::Head)));
        state.received(b"..", Seen::Open);
        state.said_goodbye();
        assert_eq!(reason(&state, &settings), (4, Some(Finding::Idle)), "a moment to leave");
        let (place, _) = state.begin_request(true, false);
        assert_eq!(reason(&state, &settings), (4, None));
        state.begin_chunk(place);
        assert_eq!(reason(&state, &settings), (32, Some(Finding::WriteStall)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_what_has_begun() {
        let state = State::new();
        assert_eq!(state.on_drain(), OnDrain::AwaitFirst);
        state.received(b"G", Seen::Http1);
        assert_eq!(state.on_drain(), OnDrain::AwaitHead);
        let (place, _) = state.begin_request(false, true);
        assert_eq!(state.on_drain(), OnDrain::Finish);
        state.end_body(place);
        assert_eq!(state.on_drain(), OnDrain::Finish);
        state.received(b"G", Seen::Http1);
        assert_eq!(state.on_drain(), OnDrain::AwaitHead);
    }
}
