//! The answer to a scrape to come.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::{AnswerBody, NeverBody};
use http::{Response, header};
use tokio::sync::oneshot;

use super::coding::Coding;
use super::desk::Seat;
use super::seated::seated;
use crate::Format;

/// All of it is this crate's own: there is no service inside.
pub(super) type Answer = Response<AnswerBody<NeverBody>>;

/// The answer of [`MetricsEndpoint`](super::MetricsEndpoint) to come.
#[derive(Debug)]
pub struct ScrapeFuture(State);

#[derive(Debug)]
enum State {
    /// What there is to say without metrics.
    Refused(Box<Answer>),
    Waiting(Waiting),
    Done,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) reply: oneshot::Receiver<Bytes>,
    pub(super) seat: Seat,
    pub(super) format: Format,
    pub(super) coding: Coding,
    pub(super) head: bool,
    /// The answer if there is none in time.
    pub(super) late: Box<Answer>,
}

impl ScrapeFuture {
    pub(super) fn refused(answer: Answer) -> Self {
        Self(State::Refused(Box::new(answer)))
    }

    pub(super) const fn waiting(waiting: Waiting) -> Self {
        Self(State::Waiting(waiting))
    }
}

impl Future for ScrapeFuture {
    type Output = Result<Answer, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = match &mut self.0 {
            State::Waiting(waiting) => Some(ready!(Pin::new(&mut waiting.reply).poll(cx))),
            State::Refused(_) | State::Done => None,
        };
        Poll::Ready(Ok(match (std::mem::replace(&mut self.0, State::Done), reply) {
            (State::Waiting(waiting), Some(Ok(bytes))) => waiting.answer(bytes),
            (State::Waiting(waiting), _) => *waiting.late,
            (State::Refused(answer), _) => *answer,
            (State::Done, _) => panic!("polled after it was ready"),
        }))
    }
}

impl Waiting {
    fn answer(self, bytes: Bytes) -> Answer {
        let length = bytes.len();
        let body =
            if self.head { AnswerBody::default() } else { AnswerBody::answer(seated(bytes, self.seat)) };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(self.format.content_type()));
        headers.insert(header::CONTENT_LENGTH, header::HeaderValue::from(length));
        if let Some(coding) = self.coding.header() {
            headers.insert(header::CONTENT_ENCODING, coding);
        }
        headers.insert(header::VARY, header::HeaderValue::from_static("accept, accept-encoding"));
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        response
    }
}
