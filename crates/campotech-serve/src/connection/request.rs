//! One request on its way through the service.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
#[cfg(feature = "tls")]
use campotech_core::DirectTls;
use campotech_core::PeerAddr;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::ClientBody;
use super::chunk::{AnswerChunk, ChunkData};
use super::refusal::refusal;
use super::state::State;
use crate::settings::Settings;
use crate::shutdown::Phase;
use crate::stats::Finding;
use crate::{ServeStats, Shutdown};

/// hyper's service of one connection.
#[derive(Debug)]
pub(crate) struct RequestService<S> {
    pub(crate) inner: S,
    pub(crate) peer: PeerAddr,
    pub(crate) state: Arc<State>,
    pub(crate) stats: ServeStats,
    pub(crate) settings: Arc<Settings>,
    pub(crate) shutdown: Shutdown,
    /// A place from which most requests are told that the server is full.
    pub(crate) of_the_reserve: bool,
    pub(crate) max_age: Duration,
}

pin_project! {
    #[derive(Debug)]
    pub(crate) struct RequestFuture<S, F> {
        #[pin]
        step: Step<S, F>,
        in_flight: Option<InFlight>,
        shutdown: Shutdown,
        http1: bool,
        connect: bool,
        of_the_reserve: bool,
        max_age: Duration,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StepProj]
    #[allow(clippy::large_enum_variant, reason = "boxing would cost an allocation on every request")]
    enum Step<S, F> {
        Waiting { service: S, request: Option<Request<ClientBody>> },
        Called { #[pin] future: F },
        Refused { answer: Option<Response<Bytes>> },
    }
}

pin_project! {
    /// The answer's body; the request is in flight until it and all that was pulled from it are dropped.
    #[derive(Debug)]
    pub(crate) struct RequestBody<B> {
        #[pin]
        kind: Kind<B>,
        in_flight: InFlight,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Service { #[pin] body: B },
        Refusal { bytes: Option<Bytes> },
    }
}

/// Counts a request in and, when it is dropped, out.
#[derive(Debug)]
struct InFlight {
    place: usize,
    state: Arc<State>,
    stats: ServeStats,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for RequestService<S>
where
    S: Service<Request<ClientBody>, Response = Response<B>> + Clone,
    B: Body,
{
    type Response = Response<RequestBody<B>>;
    type Error = S::Error;
    type Future = RequestFuture<S, S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let http2 = request.version() == Version::HTTP_2;
        let connect = request.method() == Method::CONNECT;
        let (place, generation) = self.state.begin_request(http2, !request.body().is_end_stream());
        let in_flight = InFlight { place, state: Arc::clone(&self.state), stats: self.stats.clone() };
        let step = if self.of_the_reserve && !self.settings.keeps(request.uri().path()) {
            self.settings.found(&self.stats, Finding::Shed);
            Step::Refused { answer: Some(refusal(request.headers(), self.settings.is_tls())) }
        } else {
            self.stats.counters().requests.fetch_add(1, Relaxed);
            request.extensions_mut().insert(self.peer);
            #[cfg(feature = "tls")]
            if self.settings.is_tls() {
                request.extensions_mut().insert(DirectTls);
            }
            let watched =
                |body| ClientBody::new(body, &self.state, &self.stats, &self.settings, (place, generation));
            Step::Waiting { service: self.inner.clone(), request: Some(request.map(watched)) }
        };
        RequestFuture {
            step,
            in_flight: Some(in_flight),
            shutdown: self.shutdown.clone(),
            http1: !http2,
            connect,
            of_the_reserve: self.of_the_reserve,
            max_age: self.max_age,
        }
    }
}

/// Whether a refusal says nothing that hyper wouldn't say by itself.
fn is_bare<B>(answer: &Response<B>) -> bool {
    let said_by_hyper = |name: &HeaderName| [CONNECTION, CONTENT_LENGTH, DATE].contains(name);
    answer.status().is_client_error() && answer.headers().keys().all(said_by_hyper)
}

/// Whether bytes that are no HTTP of ours follow.
fn becomes_a_tunnel<B>(answer: &Response<B>, connect: bool) -> bool {
    answer.status() == StatusCode::SWITCHING_PROTOCOLS || (connect && answer.status().is_success())
}

impl<S, B> Future for RequestFuture<S, S::Future>
where
    S: Service<Request<ClientBody>, Response = Response<B>>,
{
    type Output = Result<Response<RequestBody<B>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut response = loop {
            let future = match this.step.as_mut().project() {
                StepProj::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // The step changes below, so the request is here once.
                    let Some(request) = request.take() else { return Poll::Pending };
                    service.call(request)
                }
                StepProj::Called { future } => {
                    break ready!(future.poll(cx))?.map(|body| Kind::Service { body });
                }
                StepProj::Refused { answer } => {
                    let Some(answer) = answer.take() else { return Poll::Pending };
                    break answer.map(|bytes| Kind::Refusal { bytes: Some(bytes) });
                }
            };
            this.step.set(Step::Called { future });
        };
        let Some(in_flight) = this.in_flight.take() else { return Poll::Pending };
        in_flight.state.begin_answer(in_flight.place);
        if *this.http1 && (is_bare(&response) || becomes_a_tunnel(&response, *this.connect)) {
            in_flight.state.may_resemble_hyper();
        }
        if *this.http1 && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            // hyper learns of a drain only between two polls; an answer that is made within one would promise to keep a
            // connection that is closed right after it. One that is old enough leaves in the same way: a client that
            // is told never sends a request into a closed connection.
            let (aged, first) = in_flight.state.is_aged(*this.max_age);
            if first {
                in_flight.stats.counters().aged.fetch_add(1, Relaxed);
            }
            if aged || *this.of_the_reserve || this.shutdown.phase() >= Phase::Leaving {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        Poll::Ready(Ok(response.map(|kind| RequestBody { kind, in_flight })))
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = AnswerChunk<B::Data>;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let InFlight { place, state, .. } = this.in_flight;
        let chunk = |data| AnswerChunk::new(data, Arc::clone(state), *place);
        match this.kind.project() {
            KindProj::Service { body } => {
                let frame = ready!(body.poll_frame(cx));
                let chunk = |data| chunk(ChunkData::Service(data));
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(chunk))))
            }
            KindProj::Refusal { bytes } => {
                let chunk = |bytes| Ok(Frame::data(chunk(ChunkData::Refusal(bytes))));
                Poll::Ready(bytes.take().map(chunk))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Service { body } => body.is_end_stream(),
            Kind::Refusal { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Service { body } => body.size_hint(),
            Kind::Refusal { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.stats.counters().panicked.fetch_add(1, Relaxed);
        }
        self.state.end_body(self.place);
    }
}
