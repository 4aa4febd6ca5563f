//! The probe routes in front of another service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::service::HealthService;

/// Answers the probe routes itself and hands every other request on; made by [`Health::layer`](crate::Health::layer).
///
/// Put it outside of layers that limit or make wait: a probe never waits for the service inside, which every other request does
/// in its own future, so that backpressure ends here.
#[derive(Debug, Clone)]
#[must_use]
pub struct HealthLayer {
    health: HealthService,
}

/// The service of [`HealthLayer`].
#[derive(Debug, Clone)]
pub struct HealthLayerService<S> {
    health: HealthService,
    inner: S,
}

pin_project! {
    /// The future of [`HealthLayerService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct HealthFuture<S, F, R> {
        #[pin]
        kind: Kind<S, F, R>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<S, F, R> {
        /// Probes wait for nothing, so it is only here that the service inside is waited for.
        Waiting { inner: S, request: Option<R> },
        Inner { #[pin] future: F },
        Answer { answer: Option<Response<Bytes>> },
    }
}

impl HealthLayer {
    pub(crate) const fn new(health: HealthService) -> Self {
        Self { health }
    }
}

impl<S> Layer<S> for HealthLayer {
    type Service = HealthLayerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HealthLayerService { health: self.health.clone(), inner }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for HealthLayerService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    ResB: Body<Data = Bytes>,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = HealthFuture<S, S::Future, Request<ReqB>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let kind = if self.health.matches(request.uri().path()) {
            Kind::Answer { answer: Some(self.health.answer(&request)) }
        } else {
            Kind::Waiting { inner: self.inner.clone(), request: Some(request) }
        };
        HealthFuture { kind }
    }
}

impl<S, ReqB, ResB> Future for HealthFuture<S, S::Future, Request<ReqB>>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
{
    type Output = Result<Response<AnswerBody<ResB>>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let future = match self.as_mut().project().kind.project() {
                KindProj::Waiting { inner, request } => {
                    ready!(inner.poll_ready(cx))?;
                    // Taken once: what follows replaces this state.
                    let Some(request) = request.take() else { return Poll::Pending };
                    inner.call(request)
                }
                KindProj::Inner { future } => {
                    return future
                        .poll(cx)
                        .map(|result| result.map(|response| response.map(AnswerBody::inner)));
                }
                KindProj::Answer { answer } => {
                    return match answer.take() {
                        Some(answer) => Poll::Ready(Ok(answer.map(AnswerBody::answer))),
                        // Polled again after it was ready.
                        None => Poll::Pending,
                    };
                }
            };
            self.as_mut().project().kind.set(Kind::Inner { future });
        }
    }
}

impl<S, F, R> std::fmt::Debug for HealthFuture<S, F, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthFuture").finish_non_exhaustive()
    }
}
