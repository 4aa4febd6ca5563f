//! A request under way.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::SentryBody;
use super::report::ReportFuture;
use super::unbound::UnboundFuture;

pin_project! {
    /// The future of [`SentryService`](crate::SentryService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SentryFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Bound { #[pin] future: sentry::SentryFuture<ReportFuture<F>> },
        Unbound { #[pin] future: UnboundFuture<F> },
    }
}

impl<F> SentryFuture<F> {
    /// Polled within the hub that sentry-tower bound.
    pub(crate) const fn bound(future: sentry::SentryFuture<ReportFuture<F>>) -> Self {
        Self { kind: Kind::Bound { future } }
    }

    /// Without a DSN there is no hub.
    #[inline]
    pub(crate) fn unbound(call: impl FnOnce() -> F) -> Self {
        Self { kind: Kind::Unbound { future: UnboundFuture::new(call) } }
    }
}

#[inline(never)]
fn poll_bound<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>, polled: &mut Poll<F::Output>) {
    *polled = future.poll(cx);
}

impl<F> std::fmt::Debug for SentryFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bound = matches!(self.kind, Kind::Bound { .. });
        f.debug_struct("SentryFuture").field("bound", &bound).finish_non_exhaustive()
    }
}

impl<F, B, E> Future for SentryFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<SentryBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = Poll::Pending;
        match self.project().kind.project() {
            KindProj::Bound { future } => poll_bound(future, cx, &mut polled),
            KindProj::Unbound { future } => future.poll_into(cx, &mut polled),
        }
        polled
    }
}
