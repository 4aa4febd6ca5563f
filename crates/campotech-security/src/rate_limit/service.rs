//! Requests past the limiter, answers with its headers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, ClientIp, Clock, Decision, Problem, SystemClock, kinds};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use serde_json::json;
use tower_service::Service;

use super::RateLimitLayer;
use super::header::{self, RATELIMIT, RATELIMIT_POLICY};
use super::standing::Standing;
use super::tier::ReadyTier;

/// The service of [`RateLimitLayer`].
#[derive(Debug, Clone)]
pub struct RateLimitService<S, C = SystemClock> {
    pub(super) inner: S,
    pub(super) layer: RateLimitLayer<C>,
}

pin_project! {
    /// The future of [`RateLimitService`].
    #[derive(Debug)]
    pub struct RateLimitFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B> {
        Inner { #[pin] future: F, stamps: [Option<Stamp>; 2] },
        Refused { answer: Option<Response<AnswerBody<B>>> },
    }
}

/// What the answer says about the client's standing.
#[derive(Debug)]
struct Stamp {
    policy: HeaderValue,
    standing: HeaderValue,
}

impl<S, C, ReqB, ResB> Service<Request<ReqB>> for RateLimitService<S, C>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    C: Clock,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = RateLimitFuture<S::Future, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let refused = |problem: &Problem| {
            let answer = Some(problem.answer(request.headers(), request.extensions()));
            RateLimitFuture { state: State::Refused { answer } }
        };
        let layer = &self.layer;
        let mut stamps = [None, None];
        let tiers = layer.tiers.of(request.uri().path());
        if let Some(first) = tiers[0] {
            if let Some(client) = request.extensions().get::<ClientIp>() {
                match layer.decide(&tiers, client.network()) {
                    Err((tier, standing)) => return refused(&limited(tier, &standing)),
                    Ok(standings) => {
                        for ((tier, standing), stamp) in tiers.iter().zip(&standings).zip(&mut stamps) {
                            *stamp = tier.zip(standing.as_ref()).map(|(tier, at)| Stamp::new(tier, at));
                        }
                    }
                }
            } else {
                // Without a client there is no key, and a key that all of them share would let one lock out the others.
                let strictest = tiers.iter().flatten().find(|tier| tier.mode.enforces()).unwrap_or(&first);
                layer.observer.decision(Decision::found("rate_limit", strictest.mode, "no_client_ip"));
                if strictest.mode.enforces() {
                    return refused(&Problem::new(&kinds::UNAVAILABLE));
                }
            }
        }
        RateLimitFuture { state: State::Inner { future: self.inner.call(request), stamps } }
    }
}

fn limited(tier: &ReadyTier, standing: &Standing) -> Problem {
    let stamp = Stamp::new(tier, standing);
    Problem::new(&kinds::QUOTA_EXCEEDED)
        .with_member("violated-policies", json!([tier.name]))
        .with_header(RETRY_AFTER, HeaderValue::from(standing.wait_seconds()))
        .with_header(RATELIMIT_POLICY, stamp.policy)
        .with_header(RATELIMIT, stamp.standing)
}

impl Stamp {
    fn new(tier: &ReadyTier, standing: &Standing) -> Self {
        Self { policy: tier.policy.clone(), standing: header::standing(&tier.name, standing) }
    }

    fn put(self, headers: &mut HeaderMap) {
        // Both are lists: what the handler says about limits of its own stays.
        headers.append(RATELIMIT_POLICY, self.policy);
        headers.append(RATELIMIT, self.standing);
    }
}

impl<F, B, E> Future for RateLimitFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Inner { future, stamps } => {
                let mut response = ready!(future.poll(cx))?;
                for stamp in stamps.iter_mut().filter_map(Option::take) {
                    stamp.put(response.headers_mut());
                }
                Poll::Ready(Ok(response.map(AnswerBody::inner)))
            }
            #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
            StateProj::Refused { answer } => {
                Poll::Ready(Ok(answer.take().expect("polled after it was ready")))
            }
        }
    }
}
