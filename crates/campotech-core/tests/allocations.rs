//! Being a request's costs no heap allocation; only an outgoing header's value and vendors' state do.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use campotech_core::{RequestContext, RequestId, Sampling, TraceContext};

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn a_context_is_made_shared_and_entered_for_nothing() {
    let id = RequestId::generate();
    let headers =
        [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "a=1")];
    let headers = headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let mut headers: http::HeaderMap = headers.collect();
    let _shared = headers.clone();
    drop(TraceContext::root(Sampling::never()));
    let context = RequestContext::new(id.clone(), TraceContext::from_headers(&headers).unwrap());
    assert_eq!(allocations(|| drop(TraceContext::from_headers(&headers))), 1, "its state alone");
    headers.remove("tracestate");
    assert_eq!(allocations(|| drop(TraceContext::from_headers(&headers))), 0, "read");
    assert_eq!(allocations(|| drop(TraceContext::root(Sampling::never()))), 0, "begun");
    assert_eq!(allocations(|| drop((context.clone(), context.child()))), 0, "shared");
    assert_eq!(allocations(|| assert_eq!(context.trace().traceparent().len(), 55)), 0, "written");
    assert_eq!(allocations(|| assert!(context.enter(RequestContext::current).is_some())), 0, "entered");
    let mut future = pin!(context.clone().scope(async { RequestContext::current() }));
    let polled = || match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(seen) => drop(seen.unwrap()),
        Poll::Pending => unreachable!("nothing to wait for"),
    };
    assert_eq!(allocations(polled), 0, "polled");
    assert_eq!(allocations(|| drop(context.trace().header_value())), 1, "and this is what is counted");
}

#[test]
fn ids_share_their_memory() {
    drop(RequestId::generate());
    // Each is gone before the next: they take the same memory again.
    assert_eq!(allocations(|| (0..320).for_each(|_| drop(RequestId::generate()))), 0, "one after the other");
    let mut kept = Vec::with_capacity(320);
    let for_kept = allocations(|| kept.extend((0..320).map(|_| RequestId::generate())));
    assert!((10..=22).contains(&for_kept), "two for every 32 that are kept: {for_kept}");
    let as_headers = || assert_eq!(kept.iter().cloned().map(http::HeaderValue::from).count(), 320);
    assert_eq!(allocations(as_headers), 0, "as headers");
    let texts: std::collections::HashSet<_> = kept.iter().map(RequestId::as_str).collect();
    assert_eq!(texts.len(), 320);
}
