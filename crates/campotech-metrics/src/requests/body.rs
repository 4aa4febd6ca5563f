//! The body of a measured answer: its end is the end of the request.

use std::pin::Pin;
use std::task::{Context, Poll};

use campotech_core::{EndOfBody, TrackEnd, TrackedBody};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::grpc::Code;
use super::in_flight::{Cause, InFlight, Outcome, Phase};
use super::method::KnownMethod;

pin_project! {
    /// The body of a measured answer.
    #[derive(Debug)]
    pub struct MetricsBody<B> {
        #[pin]
        inner: TrackedBody<B, Answering>,
    }
}

/// A request whose answer's headers were sent.
#[derive(Debug)]
struct Answering {
    in_flight: Option<InFlight>,
    status: StatusCode,
    sent: u64,
    /// Bytes after which nothing is read any more; zero where the protocol sends no body.
    length: Option<u64>,
    upgrade: bool,
    /// How a gRPC call ends, as far as it is known.
    grpc: Option<Code>,
}

impl<B: Body> MetricsBody<B> {
    /// Watches the body of `response` on behalf of `in_flight`.
    #[inline]
    pub(super) fn of(response: Response<B>, in_flight: Option<InFlight>) -> Response<Self> {
        let status = response.status();
        let method = in_flight.as_ref().map(InFlight::method);
        let grpc = in_flight.as_ref().and_then(|in_flight| in_flight.grpc(response.headers()));
        // An extended CONNECT (RFC 8441) is answered with 200 and is an upgrade too.
        let upgrade = status == StatusCode::SWITCHING_PROTOCOLS
            || (status.is_success() && method == Some(KnownMethod::Connect));
        let silent = upgrade
            || method == Some(KnownMethod::Head)
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let length = if silent { Some(0) } else { declared(&response) };
        let answering = Answering { in_flight, status, sent: 0, length, upgrade, grpc };
        response.map(|body| Self { inner: TrackedBody::new(body, answering) })
    }
}

impl TrackEnd for Answering {
    fn data(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        if self.grpc.is_some() {
            self.grpc = Code::of(trailers).or(self.grpc);
        }
    }

    fn end(mut self, end: EndOfBody) {
        // A server that has sent the declared length drops the body without asking for its end.
        let whole = self.length.is_some_and(|length| self.sent >= length);
        let outcome = match end {
            EndOfBody::Complete | EndOfBody::Trailers => self.completed(),
            EndOfBody::Dropped if whole => self.completed(),
            EndOfBody::Dropped => Outcome::Cancelled(Phase::Body),
            EndOfBody::Error => Outcome::Failed(Cause::Error),
        };
        if let Some(in_flight) = self.in_flight.as_mut() {
            in_flight.outcome = outcome;
        }
    }
}

impl Answering {
    const fn completed(&self) -> Outcome {
        let Self { status, sent, upgrade, grpc, .. } = *self;
        Outcome::Completed { status: status.as_u16(), sent, upgrade, grpc }
    }
}

impl<B: Body> Body for MetricsBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The length of the body: as the body knows, or as its header says.
fn declared<B: Body>(response: &Response<B>) -> Option<u64> {
    let header = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(header)
}
