//! Requests in, answers out.

use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{AnswerBody, Clock};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::future::{Reading, ReportFuture};
use super::read::Format;
use super::refusal::Refusal;
use super::sink::ReportSink;

impl<B, C> Service<Request<B>> for ReportSink<C>
where
    B: Body<Data = Bytes>,
    C: Clock,
{
    type Response = Response<AnswerBody<B>>;
    type Error = Infallible;
    type Future = ReportFuture<B, C>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        match self.begun(&parts, &body) {
            Ok(format) => ReportFuture::reading(body, Reading::new(self.clone(), parts, format)),
            Err(refusal) => {
                self.refused(refusal);
                ReportFuture::answered(refusal.answer(&parts, body.is_end_stream()))
            }
        }
    }
}

impl<C: Clock> ReportSink<C> {
    /// What can be told before the body is read.
    fn begun<B: Body>(&self, parts: &Parts, body: &B) -> Result<Format, Refusal> {
        if parts.method != Method::POST {
            return Err(Refusal::Method);
        }
        let mut types = parts.headers.get_all(CONTENT_TYPE).iter();
        let (Some(one), None) = (types.next(), types.next()) else { return Err(Refusal::MediaType) };
        let format = Format::of(one.as_bytes()).ok_or(Refusal::MediaType)?;
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if declared.unwrap_or(0).max(body.size_hint().lower()) > self.most_bytes as u64 {
            return Err(Refusal::Size);
        }
        self.admitted().map(|()| format)
    }
}
