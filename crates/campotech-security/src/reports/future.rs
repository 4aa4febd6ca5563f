//! The future of a body of reports.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::read::Format;
use super::refusal::Refusal;
use super::sink::ReportSink;

pin_project! {
    /// The future of a [`ReportSink`].
    #[derive(Debug)]
    pub struct ReportFuture<B, C> {
        #[pin]
        state: State<B, C>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<B, C> {
        Reading { #[pin] body: B, reading: Reading<C> },
        Answered { response: Option<Response<AnswerBody<B>>> },
    }
}

/// A body that is being read.
#[derive(Debug)]
pub(super) struct Reading<C> {
    sink: ReportSink<C>,
    parts: Parts,
    format: Format,
    read: Vec<u8>,
}

impl<B, C> ReportFuture<B, C> {
    pub(super) const fn reading(body: B, reading: Reading<C>) -> Self {
        Self { state: State::Reading { body, reading } }
    }

    pub(super) const fn answered(response: Response<AnswerBody<B>>) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }
}

impl<C> Reading<C> {
    pub(super) const fn new(sink: ReportSink<C>, parts: Parts, format: Format) -> Self {
        Self { sink, parts, format, read: Vec::new() }
    }

    fn push(&mut self, data: &[u8]) -> Result<(), Refusal> {
        if data.len() > self.sink.most_bytes - self.read.len() {
            return Err(Refusal::Size);
        }
        self.read.extend_from_slice(data);
        Ok(())
    }

    fn answer<B>(&self, done: Result<(), Refusal>, whole: bool) -> Response<AnswerBody<B>> {
        match done {
            Ok(()) => {
                let mut response = Response::new(AnswerBody::default());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Err(refusal) => {
                self.sink.refused(refusal);
                refusal.answer(&self.parts, whole)
            }
        }
    }
}

impl<B, C> Future for ReportFuture<B, C>
where
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<AnswerBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut body, reading) = match self.project().state.project() {
            StateProj::Reading { body, reading } => (body, reading),
            StateProj::Answered { response } => {
                return response.take().map_or(Poll::Pending, |r| Poll::Ready(Ok(r)));
            }
        };
        loop {
            let done = match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => match frame.data_ref().map(|data| reading.push(data)) {
                    Some(Err(refusal)) => Err(refusal),
                    Some(Ok(())) | None => continue,
                },
                Some(Err(_)) => Err(Refusal::Incomplete),
                None => {
                    return Poll::Ready(Ok(
                        reading.answer(reading.sink.count(reading.format, &reading.read), true)
                    ));
                }
            };
            return Poll::Ready(Ok(reading.answer(done, body.is_end_stream())));
        }
    }
}
