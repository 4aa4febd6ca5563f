//! The future.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::ValidateBody;
use super::collect::Collect;
use crate::entry::validate_json;
use crate::input::Input;
use crate::limits::Limits;
use crate::report::Rejection;

pin_project! {
    /// The future of [`ValidateService`](super::ValidateService): reads, validates, then waits for the service inside.
    pub struct ValidateFuture<T, S, ReqB>
    where
        S: Service<Request<ValidateBody<ReqB>>>,
    {
        #[pin]
        state: State<S, ReqB, S::Future>,
        input: PhantomData<fn() -> T>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, ReqB, F> {
        Collecting { #[pin] collect: Collect<ReqB>, waiting: Option<Waiting<S>> },
        Inside { #[pin] future: F },
        Refused { answer: Option<Response<Bytes>> },
    }
}

struct Waiting<S> {
    inner: S,
    parts: Parts,
    limits: Limits,
}

impl<T, S, ReqB> ValidateFuture<T, S, ReqB>
where
    T: Input + Send + Sync + 'static,
    S: Service<Request<ValidateBody<ReqB>>>,
    ReqB: Body<Data = Bytes>,
{
    pub(super) const fn refused(answer: Response<Bytes>) -> Self {
        Self { state: State::Refused { answer: Some(answer) }, input: PhantomData }
    }

    pub(super) const fn collecting(inner: S, parts: Parts, collect: Collect<ReqB>, limits: Limits) -> Self {
        let waiting = Some(Waiting { inner, parts, limits });
        Self { state: State::Collecting { collect, waiting }, input: PhantomData }
    }

    pub(super) fn start(
        inner: S,
        parts: Parts,
        body: ValidateBody<ReqB>,
        bytes: &[u8],
        limits: Limits,
    ) -> Self {
        Self { state: next::<T, S, ReqB>(Waiting { inner, parts, limits }, body, bytes), input: PhantomData }
    }
}

/// Validates, and then either calls the service inside or refuses.
fn next<T, S, ReqB>(waiting: Waiting<S>, body: ValidateBody<ReqB>, bytes: &[u8]) -> State<S, ReqB, S::Future>
where
    T: Input + Send + Sync + 'static,
    S: Service<Request<ValidateBody<ReqB>>>,
{
    let Waiting { mut inner, mut parts, limits } = waiting;
    match validate_json::<T>(bytes, &limits) {
        Ok(valid) => {
            parts.extensions.insert(Arc::new(valid));
            State::Inside { future: inner.call(Request::from_parts(parts, body)) }
        }
        Err(rejection) => refuse(&rejection, &parts),
    }
}

fn refuse<S, ReqB, F>(rejection: &Rejection, parts: &Parts) -> State<S, ReqB, F> {
    State::Refused { answer: Some(rejection.respond(&parts.headers, &parts.extensions)) }
}

impl<T, S, ReqB, ResB> Future for ValidateFuture<T, S, ReqB>
where
    T: Input + Send + Sync + 'static,
    S: Service<Request<ValidateBody<ReqB>>, Response = Response<ResB>>,
    ReqB: Body<Data = Bytes>,
{
    type Output = Result<Response<AnswerBody<ResB>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let state = match this.state.as_mut().project() {
                StateProj::Collecting { collect, waiting } => {
                    let read = ready!(collect.poll(cx));
                    let Some(waiting) = waiting.take() else { return Poll::Pending };
                    match read {
                        Ok(bytes) => next::<T, S, ReqB>(waiting, ValidateBody::read(bytes.clone()), &bytes),
                        Err(rejection) => refuse(&rejection, &waiting.parts),
                    }
                }
                StateProj::Inside { future } => {
                    return future.poll(cx).map_ok(|response| response.map(AnswerBody::inner));
                }
                StateProj::Refused { answer } => {
                    let Some(answer) = answer.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(answer.map(AnswerBody::answer)));
                }
            };
            this.state.set(state);
        }
    }
}

impl<T, S, ReqB> fmt::Debug for ValidateFuture<T, S, ReqB>
where
    S: Service<Request<ValidateBody<ReqB>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Collecting { .. } => "Collecting",
            State::Inside { .. } => "Inside",
            State::Refused { .. } => "Refused",
        };
        f.debug_tuple("ValidateFuture").field(&state).finish()
    }
}
