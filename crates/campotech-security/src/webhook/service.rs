//! Requests to a webhook.

use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{AnswerBody, Clock, RawBody};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::check::Verified;
use super::error::WebhookReason;
use super::future::{Waiting, WebhookFuture};
use super::layer::WebhookLayer;
use super::replay::ReplayStore;

/// The service of [`WebhookLayer`].
pub struct WebhookService<S, R, C> {
    pub(super) inner: S,
    pub(super) layer: WebhookLayer<R, C>,
}

// By hand, as the derives would ask the same of `R` and `C`.
impl<S: Clone, R, C> Clone for WebhookService<S, R, C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, R: fmt::Debug, C> fmt::Debug for WebhookService<S, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

impl<S, B, ResB, R, C> Service<Request<B>> for WebhookService<S, R, C>
where
    S: Service<Request<B>, Response = Response<ResB>> + Clone,
    B: Body,
    R: ReplayStore,
    C: Clock,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = WebhookFuture<S, B, ResB, R, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (layer, verifier) = (&self.layer, &*self.layer.verifier);
        let checked = match request.extensions().get::<RawBody>() {
            Some(RawBody(body)) => verifier.check(request.headers(), request.uri().query(), body),
            // Without a body there is nothing to read.
            None if request.body().is_end_stream() => {
                verifier.check(request.headers(), request.uri().query(), &Bytes::new())
            }
            None => Err(WebhookReason::Unread),
        };
        match checked {
            Ok(Verified { webhook, ticket }) => {
                request.extensions_mut().insert(webhook);
                let Some((claiming, ticket)) = verifier.claim(ticket) else {
                    verifier.report(layer.mode, Ok(()));
                    return WebhookFuture::inner(self.inner.call(request), verifier.hold(None));
                };
                // The one that was polled ready goes with the request; its clone stays and is polled anew.
                let clone = self.inner.clone();
                let service = std::mem::replace(&mut self.inner, clone);
                WebhookFuture::claiming(claiming, Waiting { request, ticket, service, layer: layer.clone() })
            }
            Err(reason) => {
                verifier.report(layer.mode, Err(reason));
                if layer.mode.enforces() {
                    return WebhookFuture::refused(layer.refusal(
                        reason,
                        request.headers(),
                        request.extensions(),
                    ));
                }
                WebhookFuture::inner(self.inner.call(request), verifier.hold(None))
            }
        }
    }
}
