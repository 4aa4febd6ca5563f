//! Bodies in, requests with whole bodies out.

use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::future::{PayloadFuture, Reading};
use super::layer::PayloadLayer;
use super::refusal::Refusal;

/// The service of [`PayloadLayer`].
#[derive(Debug)]
pub struct PayloadService<S, Out> {
    pub(super) inner: S,
    pub(super) layer: PayloadLayer<Out>,
}

// By hand, as the derive would ask the same of `Out`.
impl<S: Clone, Out> Clone for PayloadService<S, Out> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, B, Out, ResB> Service<Request<B>> for PayloadService<S, Out>
where
    S: Service<Request<Out>, Response = Response<ResB>> + Clone,
    B: Body<Data = Bytes>,
    Out: From<Bytes> + Default,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = PayloadFuture<S, B, Out, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.body().is_end_stream() {
            let (parts, _) = request.into_parts();
            return PayloadFuture::inner(self.inner.call(Request::from_parts(parts, Out::default())));
        }
        let (parts, body) = request.into_parts();
        let plan = self.layer.config.plan(&parts);
        let declared = declared(&parts).max(body.size_hint().lower());
        // The one that was polled ready goes with the body; its clone stays and is polled anew.
        let clone = self.inner.clone();
        let service = std::mem::replace(&mut self.inner, clone);
        let mut reading = Reading::new(parts, plan, service, self.layer.clone());
        let mut checked = Ok(());
        if declared > plan.limit as u64 {
            checked = reading.found(Refusal::DeclaredSize, declared > reading.hard_limit() as u64);
        }
        if plan.unsupported && checked.is_ok() {
            checked = reading.found(Refusal::Coding, false);
        }
        match checked {
            Ok(()) => PayloadFuture::reading(body, reading),
            Err(refusal) => PayloadFuture::refused(reading.refuse(refusal)),
        }
    }
}

fn declared(parts: &Parts) -> u64 {
    let value = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    value.and_then(|text| text.parse().ok()).unwrap_or(0)
}
