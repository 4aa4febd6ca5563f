//! Requests past the limiter, answers with its headers.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AnswerBody, ClientIp, Clock, Decision, Problem, SystemClock, kinds};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Request, Response};
use serde_json::json;
use tower_service::Service;

use super::RateLimitLayer;
use super::future::{Asking, Held, RateLimitFuture};
use super::header::{self, RATELIMIT, RATELIMIT_POLICY};
use super::layer::{Decided, TiersOf};
use super::standing::Standing;
use super::tier::ReadyTier;

/// The service of [`RateLimitLayer`]. The service inside is cloned only where a shared store is asked.
#[derive(Debug, Clone)]
pub struct RateLimitService<S, C = SystemClock> {
    pub(super) inner: S,
    pub(super) layer: RateLimitLayer<C>,
}

/// Headers that an answer usually gets from here on.
const ROOM: usize = 10;

/// What the answer says about the client's standing.
#[derive(Debug)]
pub(super) struct Stamp {
    tier: Arc<ReadyTier>,
    standing: Standing,
}

impl<S, C, ReqB, ResB> Service<Request<ReqB>> for RateLimitService<S, C>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    C: Clock,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = RateLimitFuture<S::Future, ResB, Asking<S, ReqB, C>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let layer = &self.layer;
        let tiers = layer.tiers.of(request.uri().path());
        let Some(first) = tiers[0] else {
            return RateLimitFuture::passed(self.inner.call(request), [None, None]);
        };
        let Some(client) = ClientIp::of(request.extensions()).map(|client| client.network()) else {
            // Without a client there is no key, and a key that all of them share would let one lock out the others.
            let strictest = tiers.iter().flatten().find(|tier| tier.mode.enforces()).unwrap_or(&first);
            layer.observer.decision(Decision::found("rate_limit", strictest.mode, "no_client_ip"));
            if strictest.mode.enforces() {
                return RateLimitFuture::refused(&Problem::new(&kinds::UNAVAILABLE), &request);
            }
            return RateLimitFuture::passed(self.inner.call(request), [None, None]);
        };
        if let Some(asked) = layer.ask(&tiers, client) {
            let tiers = tiers.map(Option::<&_>::cloned);
            // The one that was polled ready goes with the request; its clone, which was not, stays here.
            let clone = self.inner.clone();
            let inner = mem::replace(&mut self.inner, clone);
            return RateLimitFuture::asking(
                asked,
                Held { inner, request, layer: layer.clone(), tiers, client },
            );
        }
        go_on(&mut self.inner, request, &tiers, layer.decide(&tiers, client))
    }
}

/// Lets the request through or refuses it.
pub(super) fn go_on<S, ReqB, ResB, A>(
    inner: &mut S,
    request: Request<ReqB>,
    tiers: &TiersOf<'_>,
    decided: Decided<'_>,
) -> RateLimitFuture<S::Future, ResB, A>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
{
    match decided {
        Err((tier, standing)) => RateLimitFuture::refused(&limited(tier, &standing), &request),
        Ok(standings) => {
            let mut stamps = [None, None];
            for ((tier, standing), stamp) in tiers.iter().zip(&standings).zip(&mut stamps) {
                *stamp =
                    tier.zip(*standing).map(|(tier, standing)| Stamp { tier: Arc::clone(tier), standing });
            }
            RateLimitFuture::passed(inner.call(request), stamps)
        }
    }
}

fn limited(tier: &ReadyTier, standing: &Standing) -> Problem {
    Problem::new(&kinds::QUOTA_EXCEEDED)
        .with_member("violated-policies", json!([tier.name]))
        .with_header(RETRY_AFTER, HeaderValue::from(standing.wait_seconds()))
        .with_header(RATELIMIT_POLICY, tier.policy.clone())
        .with_header(RATELIMIT, header::standing(&tier.name, standing))
}

impl Stamp {
    pub(super) fn put(self, headers: &mut HeaderMap) {
        // At once for what layers outside add, too: a map that grows step by step is hashed anew each time.
        headers.reserve(ROOM);
        // Both are lists: what the handler says about limits of its own stays.
        headers.append(RATELIMIT_POLICY, self.tier.policy.clone());
        headers.append(RATELIMIT, header::standing(&self.tier.name, &self.standing));
    }
}
