//! Requests past the limiter, answers with its headers.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{ClientIp, Clock, Decision, Mode, Problem, SystemClock, kinds};
use http::{HeaderMap, Request, Response};
use tower_service::Service;

use super::RateLimitLayer;
use super::body::RateLimitBody;
use super::claim::Claims;
use super::decide::Begun;
use super::future::{Asking, Held, RateLimitFuture};
use super::header::{Legacy, RATELIMIT, RATELIMIT_POLICY};
use super::lists::Listed;
use super::tier::ReadyTier;
use super::tiers::NoKey;
use super::view::RequestView;

/// The service of [`RateLimitLayer`]. The service inside is cloned only where a shared store is asked.
#[derive(Debug)]
pub struct RateLimitService<S, C = SystemClock> {
    pub(super) inner: S,
    pub(super) layer: Arc<RateLimitLayer<C>>,
}

/// What the lists and the tiers' keys say.
enum Found {
    Free,
    Claims(Claims),
    Refused(Problem),
}

impl<S, C, ReqB, ResB> Service<Request<ReqB>> for RateLimitService<S, C>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    C: Clock,
{
    type Response = Response<RateLimitBody<ResB>>;
    type Error = S::Error;
    type Future = RateLimitFuture<S::Future, ResB, Asking<S, ReqB, C>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let mut claims = match self.layer.find(&RequestView::of(&request)) {
            Found::Claims(claims) => claims,
            Found::Free => return RateLimitFuture::passed(self.inner.call(request), None, None),
            Found::Refused(problem) => return RateLimitFuture::refused(&problem, &request),
        };
        let legacy = self.layer.legacy;
        match self.layer.begin(&mut claims) {
            Begun::Decided(Ok(())) => RateLimitFuture::passed(self.inner.call(request), Some(claims), legacy),
            Begun::Decided(Err(refusal)) => RateLimitFuture::refused(&refusal.problem(legacy), &request),
            Begun::Asked(asked) => {
                // The one that was polled ready goes with the request; its clone, which was not, stays here.
                let clone = self.inner.clone();
                let inner = mem::replace(&mut self.inner, clone);
                RateLimitFuture::asking(
                    asked,
                    Held { inner, request, layer: Arc::clone(&self.layer), claims },
                )
            }
        }
    }
}

impl<C: Clock> RateLimitLayer<C> {
    fn find(&self, request: &RequestView<'_>) -> Found {
        match self.listed(request) {
            Listed::Nowhere => {}
            Listed::Allowed => return Found::Free,
            Listed::Denied => {
                self.observer.decision(Decision::found("rate_limit", Mode::Enforce, "denied"));
                return Found::Refused(Problem::new(&kinds::FORBIDDEN));
            }
        }
        // Without a key it can't be counted, and a key that all such requests share would let one lock out the others.
        let keyless = |tier: &ReadyTier| {
            let reason = if ClientIp::of(request.extensions()).is_none() { "no_client_ip" } else { "no_key" };
            self.observer.decision(Decision::found("rate_limit", tier.mode, reason));
        };
        match self.tiers.load().claims(request, keyless) {
            Ok(Some(claims)) => Found::Claims(claims),
            Ok(None) => Found::Free,
            Err(NoKey) => Found::Refused(Problem::new(&kinds::UNAVAILABLE)),
        }
    }

    fn listed(&self, request: &RequestView<'_>) -> Listed {
        let Some(lists) = &self.lists else { return Listed::Nowhere };
        ClientIp::of(request.extensions()).map_or(Listed::Nowhere, |client| lists.find(client.ip()))
    }
}

impl Claims {
    /// Says on an answer where the key stands with the tiers that enforce.
    pub(super) fn put(&self, headers: &mut HeaderMap, legacy: Option<Legacy>) {
        let enforcing = || {
            self.iter().filter(|claim| claim.enforces()).filter_map(|claim| Some((claim, claim.standing?)))
        };
        for (claim, standing) in enforcing() {
            let (policy, standing) = claim.headers(&standing);
            // Both are lists: what the handler says about limits of its own stays.
            headers.append(RATELIMIT_POLICY, policy);
            headers.append(RATELIMIT, standing);
        }
        let Some(legacy) = legacy else { return };
        if let Some((claim, standing)) = enforcing().min_by_key(|(_, standing)| standing.remaining) {
            headers.extend(legacy.headers(claim.tier.quota(claim.ask.plan), &standing));
        }
    }
}

// Not derived: that would ask for `C: Clone`.
impl<S: Clone, C> Clone for RateLimitService<S, C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: Arc::clone(&self.layer) }
    }
}
