//! A request from its head to its one end.

use std::time::Instant;

use campotech_core::{TraceId, matched_route, recorded_trace};
use http::{Extensions, HeaderMap, Request};
use http_body::Body;

use super::families::{Requests, RouteEntry};
use super::grpc::Code;
use super::method::KnownMethod;
use super::resolved::Resolved;
use super::semconv::Protocol;

/// A request that was started; its drop counts how it ended, so that it is counted exactly once.
pub(super) struct InFlight {
    requests: &'static Requests,
    route: Option<&'static RouteEntry>,
    method: KnownMethod,
    pub(super) protocol: Protocol,
    pub(super) start: Instant,
    /// The declared size of its body.
    pub(super) size: Option<u64>,
    /// The trace that it is recorded in.
    pub(super) trace: Option<TraceId>,
    pub(super) outcome: Outcome,
}

/// How a request ended; until it is known better, the client went away.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Completed { status: u16, sent: u64, upgrade: bool, grpc: Option<Code> },
    Cancelled(Phase),
    Failed(Cause),
}

/// Where a request was when its client went away.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    Headers,
    Body,
}

/// What a request failed by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause {
    Error,
    Panic,
}

impl Phase {
    pub(super) const COUNT: usize = 2;
}

impl Cause {
    pub(super) const COUNT: usize = 2;
}

impl InFlight {
    /// Counts a started request, whose route may be known already.
    #[inline]
    pub(super) fn start<B: Body>(resolved: &Resolved, request: &Request<B>) -> Self {
        let (requests, method) = (resolved.requests(), KnownMethod::of(request.method()));
        // The scheme is looked for where it is told.
        let uri = requests.semconv.is_some().then(|| request.uri());
        let protocol = Protocol::of(uri, request.version());
        requests.started(method, protocol);
        Self {
            route: matched_route(request.extensions()).map(|path| resolved.route(method, Some(path))),
            requests,
            method,
            protocol,
            start: Instant::now(),
            size: request.body().size_hint().exact(),
            trace: recorded_trace(request, requests.traceparent),
            outcome: Outcome::Cancelled(Phase::Headers),
        }
    }

    /// The route, told by a router that is inside of the layer; the one known first stays.
    pub(super) fn routed(&mut self, answer: &Extensions) {
        if self.route.is_none() {
            self.route = Some(self.requests.route(self.method, matched_route(answer)));
        }
    }

    /// How the gRPC call that these headers begin to answer ends, as far as they tell; none if it isn't one.
    pub(super) fn grpc(&self, headers: &HeaderMap) -> Option<Code> {
        Code::begun(self.method, self.protocol.version, headers)
    }

    pub(super) const fn method(&self) -> KnownMethod {
        self.method
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let route = self.route.unwrap_or_else(|| self.requests.route(self.method, None));
        if matches!(self.outcome, Outcome::Cancelled(_)) && std::thread::panicking() {
            self.outcome = Outcome::Failed(Cause::Panic);
        }
        self.requests.ended(self, route);
    }
}

impl std::fmt::Debug for InFlight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InFlight")
            .field("method", &self.method)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
