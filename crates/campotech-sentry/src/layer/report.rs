//! What is reported of a request; it runs within the hub that sentry-tower binds.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::{Language, Problem, kinds};
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::SentryBody;
use super::context::RequestContext;
use super::service::Settings;
use crate::panics::{Caught, catch};

/// The service inside, for one call.
pub(crate) struct ReportService<'a, S> {
    inner: &'a mut S,
    settings: &'a Settings,
}

pin_project! {
    pub(crate) struct ReportFuture<F> {
        #[pin]
        step: Step<F>,
        context: Option<RequestContext>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<F> {
        Running { #[pin] future: F },
        Panicked { caught: Option<Box<Caught>> },
        Done,
    }
}

impl<'a, S> ReportService<'a, S> {
    pub(crate) const fn new(inner: &'a mut S, settings: &'a Settings) -> Self {
        Self { inner, settings }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for ReportService<'_, S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    ResB: Body<Data = Bytes>,
{
    type Response = Response<SentryBody<ResB>>;
    type Error = S::Error;
    type Future = ReportFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let settings = self.settings;
        let context = Some(RequestContext::begin(&settings.running, &request, settings));
        let step = match catch(|| self.inner.call(request)) {
            Ok(future) => Step::Running { future },
            Err(caught) => Step::Panicked { caught: Some(caught) },
        };
        ReportFuture { step, context }
    }
}

impl<F, B, E> Future for ReportFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<SentryBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match this.step.as_mut().project() {
            StepProj::Running { future } => catch(|| future.poll(cx)),
            StepProj::Panicked { caught } => match caught.take() {
                Some(caught) => Err(caught),
                None => return Poll::Pending,
            },
            // Polled again after it was ready.
            StepProj::Done => return Poll::Pending,
        };
        let result = match polled {
            Ok(poll) => ready!(poll),
            Err(mut caught) => {
                let problem = Problem::new(&kinds::INTERNAL);
                let answer = match this.context.as_mut() {
                    Some(context) => {
                        context.panicked(&mut caught);
                        context.answer(&problem)
                    }
                    None => problem.into_response_in(Language::En, None),
                };
                this.step.set(Step::Done);
                return Poll::Ready(Ok(answer.map(|bytes| SentryBody::answer(bytes, this.context.take()))));
            }
        };
        // What the future still holds ends within the request's hub, too.
        this.step.set(Step::Done);
        Poll::Ready(result.map(|response| {
            if let Some(context) = this.context.as_mut() {
                context.answered(&response);
            }
            response.map(|body| SentryBody::inner(body, this.context.take()))
        }))
    }
}
