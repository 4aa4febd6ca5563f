//! One request on its way through the service.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use campotech_core::PeerAddr;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::chunk::AnswerChunk;
use super::state::State;
use crate::shutdown::Phase;
use crate::{ServeStats, Shutdown};

/// hyper's service of one connection.
#[derive(Debug)]
pub(crate) struct RequestService<S> {
    pub(crate) inner: S,
    pub(crate) peer: PeerAddr,
    pub(crate) state: Arc<State>,
    pub(crate) stats: ServeStats,
    pub(crate) shutdown: Shutdown,
}

pin_project! {
    #[derive(Debug)]
    pub(crate) struct RequestFuture<S, F> {
        #[pin]
        step: Step<S, F>,
        in_flight: Option<InFlight>,
        shutdown: Shutdown,
        http1: bool,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StepProj]
    #[allow(clippy::large_enum_variant, reason = "boxing would cost an allocation on every request")]
    enum Step<S, F> {
        Waiting { service: S, request: Option<Request<Incoming>> },
        Called { #[pin] future: F },
    }
}

pin_project! {
    /// The answer's body; the request is in flight until it and all that was pulled from it are dropped.
    #[derive(Debug)]
    pub(crate) struct RequestBody<B> {
        #[pin]
        inner: B,
        in_flight: InFlight,
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
    S: Service<Request<Incoming>, Response = Response<B>> + Clone,
    B: Body,
{
    type Response = Response<RequestBody<B>>;
    type Error = S::Error;
    type Future = RequestFuture<S, S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let http2 = request.version() == Version::HTTP_2;
        let place = self.state.begin_request(http2, !request.body().is_end_stream());
        self.stats.counters().requests.fetch_add(1, Relaxed);
        let in_flight = InFlight { place, state: Arc::clone(&self.state), stats: self.stats.clone() };
        request.extensions_mut().insert(self.peer);
        RequestFuture {
            step: Step::Waiting { service: self.inner.clone(), request: Some(request) },
            in_flight: Some(in_flight),
            shutdown: self.shutdown.clone(),
            http1: !http2,
        }
    }
}

impl<S, B> Future for RequestFuture<S, S::Future>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
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
                StepProj::Called { future } => break ready!(future.poll(cx))?,
            };
            this.step.set(Step::Called { future });
        };
        // hyper learns of a drain only between two polls; an answer that is made within one would promise to keep a
        // connection that is closed right after it.
        let leaving = *this.http1 && this.shutdown.phase() >= Phase::Leaving;
        if leaving && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let Some(in_flight) = this.in_flight.take() else { return Poll::Pending };
        Poll::Ready(Ok(response.map(|inner| RequestBody { inner, in_flight })))
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
        Poll::Ready(ready!(this.inner.poll_frame(cx)).map(|frame| frame.map(|frame| frame.map_data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
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
