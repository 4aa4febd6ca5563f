//! The future of a measured request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::MetricsBody;
use super::in_flight::{Cause, InFlight, Outcome, Phase};

pin_project! {
    /// The answer of a measured service to come; dropped before that, the request counts as cancelled.
    #[derive(Debug)]
    pub struct MetricsFuture<F> {
        #[pin]
        inner: F,
        in_flight: Option<InFlight>,
    }
}

impl<F> MetricsFuture<F> {
    pub(super) const fn new(inner: F, in_flight: InFlight) -> Self {
        Self { inner, in_flight: Some(in_flight) }
    }
}

impl<F, B, E> Future for MetricsFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<MetricsBody<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A poll that never returns has panicked, even if somebody catches that and drops the future later.
        if let Some(in_flight) = this.in_flight.as_mut() {
            in_flight.outcome = Outcome::Failed(Cause::Panic);
        }
        let polled = this.inner.poll(cx);
        if let Some(in_flight) = this.in_flight.as_mut() {
            in_flight.outcome = Outcome::Cancelled(Phase::Headers);
        }
        let result = ready!(polled);
        let in_flight = this.in_flight.take();
        Poll::Ready(match result {
            Ok(response) => {
                let in_flight = in_flight.map(|mut in_flight| {
                    in_flight.routed(response.extensions());
                    in_flight
                });
                Ok(MetricsBody::of(response, in_flight))
            }
            Err(error) => {
                if let Some(mut in_flight) = in_flight {
                    in_flight.outcome = Outcome::Failed(Cause::Error);
                }
                Err(error)
            }
        })
    }
}
