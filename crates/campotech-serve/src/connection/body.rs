//! A request's body on its way to the service, and how long the service waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::answers::PROGRESS;
use super::state::State;
use crate::ServeStats;
use crate::settings::Settings;
use crate::stats::Finding;

/// Whoever waits asks again within that time of an alarm, however busy the machine is.
const ALARM_HEARD: Duration = Duration::from_secs(1);

/// A request's body, which is an error once the client lets the service wait for too long.
///
/// See [`Server::with_body_stall_timeout`](crate::Server::with_body_stall_timeout). A body that is here already costs
/// nothing; one that has to be waited for costs an allocation.
#[derive(Debug)]
pub struct ClientBody {
    inner: Incoming,
    /// None where nothing is waited for: no body, its end, or an error.
    wait: Option<Wait>,
}

/// Why a body can't be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The client sent nothing, or too little, for too long.
    #[error("the body stopped coming")]
    Stalled,
    /// The client went away, or what it sent is no body.
    #[error("the body can't be read")]
    Http(#[source] hyper::Error),
}

#[derive(Debug)]
struct Wait {
    state: Arc<State>,
    stats: ServeStats,
    settings: Arc<Settings>,
    /// With its generation.
    place: (usize, u32),
    alarm: Option<Pin<Box<Sleep>>>,
    /// Since the last progress: time waited, bytes that came, and since when it waits now.
    waited: Duration,
    got: usize,
    since: Option<Instant>,
}

impl ClientBody {
    pub(super) fn new(
        inner: Incoming,
        state: &Arc<State>,
        stats: &ServeStats,
        settings: &Arc<Settings>,
        place: (usize, u32),
    ) -> Self {
        let wait = (!inner.is_end_stream()).then(|| Wait::new(state, stats, settings, place));
        Self { inner, wait }
    }

    /// hyper's own body, for services that ask for it; from here on nobody watches whether it comes.
    pub fn into_inner(self) -> Incoming {
        self.inner
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(wait) = &mut this.wait {
                    wait.came(frame.data_ref().map_or(0, Bytes::len));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(ended) => {
                this.wait = None;
                Poll::Ready(ended.map(|error| error.map_err(BodyError::Http)))
            }
            Poll::Pending => {
                let Some(wait) = &mut this.wait else { return Poll::Pending };
                if !wait.is_over(cx) {
                    return Poll::Pending;
                }
                wait.settings.found(&wait.stats, Finding::BodyStall);
                this.wait = None;
                Poll::Ready(Some(Err(BodyError::Stalled)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Wait {
    fn new(state: &Arc<State>, stats: &ServeStats, settings: &Arc<Settings>, place: (usize, u32)) -> Self {
        Self {
            state: Arc::clone(state),
            stats: stats.clone(),
            settings: Arc::clone(settings),
            place,
            alarm: None,
            waited: Duration::ZERO,
            got: 0,
            since: None,
        }
    }

    /// How much more it may wait.
    fn left(&self) -> Duration {
        self.settings.body_stall.saturating_sub(self.waited)
    }

    /// Whether nobody asked when the alarm rang, so that this wait was given up somewhere: how long it was is not known.
    fn is_abandoned(&self, since: Instant) -> bool {
        since.elapsed() > self.left() + ALARM_HEARD
    }

    fn came(&mut self, bytes: usize) {
        if let Some(since) = self.since.take()
            && !self.is_abandoned(since)
        {
            self.waited += since.elapsed();
        }
        self.got += bytes;
        if self.got >= PROGRESS {
            (self.waited, self.got) = (Duration::ZERO, 0);
        }
    }

    /// Whether the service has waited for too long. Once it has answered, what else the client sends is a conversation,
    /// and may rest.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if self.state.is_answered(self.place) {
            self.since = None;
            return false;
        }
        let since = match self.since {
            Some(since) if !self.is_abandoned(since) => since,
            _ => *self.since.insert(Instant::now()),
        };
        let deadline = since + self.left();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        // The alarm of an answer that has begun meanwhile finds that out here.
        alarm.as_mut().poll(cx).is_ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn wait() -> (Wait, Arc<State>) {
        let (state, settings) = (Arc::new(State::new()), Arc::new(Settings::default()));
        let place = state.begin_request(true, true);
        (Wait::new(&state, &ServeStats::default(), &settings, place), state)
    }

    fn is_over(wait: &mut Wait) -> bool {
        wait.is_over(&mut Context::from_waker(std::task::Waker::noop()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_was_given_up_costs_nothing() {
        let (mut wait, _) = wait();
        assert!(!is_over(&mut wait));
        advance(Duration::from_secs(60)).await;
        assert!(!is_over(&mut wait), "nobody asked when the alarm rang");
        advance(Duration::from_secs(20)).await;
        wait.came(1);
        assert_eq!(wait.waited, Duration::from_secs(20));
        assert!(!is_over(&mut wait));
        advance(Duration::from_secs(60)).await;
        wait.came(1);
        assert_eq!(wait.waited, Duration::from_secs(20));
        assert!(!is_over(&mut wait));
        advance(Duration::from_millis(10_500)).await;
        assert!(is_over(&mut wait), "it waits, and the alarm is heard");
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_request_in_its_place_is_not_its_own() {
        let (mut wait, state) = wait();
        state.begin_answer(wait.place.0);
        state.end_body(wait.place.0);
        let next = state.begin_request(true, true);
        assert_eq!(next.0, wait.place.0);
        assert!(!is_over(&mut wait));
        advance(Duration::from_millis(30_500)).await;
        assert!(!is_over(&mut wait), "its answer is there");
    }
}
