//! What a decision of this process alone costs in heap allocations: the headers it puts on the answer.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use campotech_core::ClientIp;
use campotech_security::rate_limit::shared::{SharedLimits, Sharing, StoreFault};
use campotech_security::rate_limit::{KeyedLimiter, Quota, RateLimitLayer, Tier};
use http::{Request, Response};
use tower::{Layer, Service, service_fn};

fn answer(_: Request<()>) -> Ready<Result<Response<()>, Infallible>> {
    ready(Ok(Response::new(())))
}

/// The allocations of one request of a client that is known already.
fn allocations(layer: &RateLimitLayer) -> u64 {
    let mut service = layer.layer(service_fn(answer));
    let mut run = || {
        let mut request = Request::new(());
        request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), false));
        let mut answered = false;
        let counted = allocation_counter::measure(|| {
            let future = pin!(service.call(request));
            let polled = future.poll(&mut Context::from_waker(Waker::noop()));
            answered =
                matches!(polled, Poll::Ready(Ok(answer)) if answer.headers().contains_key("ratelimit"));
        });
        assert!(answered);
        counted.count_total
    };
    run();
    run()
}

#[test]
fn a_decision_of_this_process_allocates_for_its_headers_only() {
    let tiers = || [Tier::standard(1_000, Duration::from_secs(60))];
    let alone = RateLimitLayer::new(tiers()).unwrap();
    // The value of `RateLimit`, and the answer's map of headers.
    assert_eq!(allocations(&alone), 3);
    let (shared, mut questions) = SharedLimits::channel(Duration::from_millis(50));
    questions.set(Sharing::Away(StoreFault::Timeout));
    assert_eq!(allocations(&alone.with_shared(shared)), 3);
}

#[test]
fn a_key_that_is_known_costs_no_allocation() {
    let limiter = KeyedLimiter::<u64>::new(Quota::per_minute(10)).unwrap();
    let mut allowed = limiter.check(&7).allowed;
    let counted = allocation_counter::measure(|| allowed &= limiter.check(&7).allowed);
    assert!(allowed);
    assert_eq!(counted.count_total, 0);
}
