//! The current request: never somebody else's, and sent on to what is called.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use campotech_core::{
    PropagateTraceLayer, RequestContext, RequestId, Sampling, TraceContext, TraceState, in_current,
    recorded_trace,
};
use http::{HeaderMap, HeaderValue, Request};
use tower::{Layer, ServiceExt, service_fn};

fn request() -> RequestContext {
    RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()))
}

async fn sent(request: Request<()>) -> HeaderMap {
    let client =
        service_fn(|request: Request<()>| async move { Ok::<_, Infallible>(request.headers().clone()) });
    PropagateTraceLayer.layer(client).oneshot(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_sees_its_own_request_across_threads() {
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let own = request();
            let expected = own.clone();
            tokio::spawn(own.scope(async move {
                for _ in 0..100 {
                    assert_eq!(RequestContext::current().as_ref(), Some(&expected));
                    tokio::task::yield_now().await;
                }
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
        assert_eq!(RequestContext::current(), None, "nothing is left behind");
    }
}

#[tokio::test]
async fn a_task_takes_the_request_along_only_where_it_is_told_to() {
    let own = request();
    let seen = own.clone().scope(async {
        let left = tokio::spawn(async { RequestContext::current() });
        let taken = tokio::spawn(in_current(async { RequestContext::current() }));
        (left.await.unwrap(), taken.await.unwrap())
    });
    assert_eq!(seen.await, (None, Some(own)));
    assert_eq!(tokio::spawn(in_current(async { RequestContext::current() })).await.unwrap(), None);
}

#[test]
#[expect(clippy::panic, reason = "what is put back after it")]
fn the_one_before_is_put_back_also_after_a_panic() {
    let (outer, inner) = (request(), request());
    outer.enter(|| {
        assert_eq!(inner.enter(RequestContext::current), Some(inner.clone()));
        let unwound = catch_unwind(AssertUnwindSafe(|| inner.enter(|| panic!("gone"))));
        assert!(unwound.is_err());
        assert_eq!(RequestContext::current(), Some(outer.clone()));
    });
    assert_eq!(RequestContext::current(), None);
}

#[tokio::test]
async fn what_is_called_learns_the_ids() {
    let state = TraceState::adopt(&HeaderValue::from_static("a=1")).unwrap();
    let trace = TraceContext::root(Sampling::share(1.0).unwrap()).with_state(Some(state));
    let own = RequestContext::new(RequestId::generate(), trace);
    let headers = own.clone().scope(sent(Request::new(()))).await;
    let told = TraceContext::from_headers(&headers).unwrap();
    assert_eq!(told.trace_id(), own.trace().trace_id());
    assert_eq!(told.parent(), Some(own.trace().span_id()), "the caller is the parent");
    assert!(told.sampled());
    assert_eq!(
        (&headers["tracestate"], &headers["x-request-id"]),
        (&"a=1".parse().unwrap(), own.request_id().header_value())
    );
}

#[tokio::test]
async fn the_outgoing_requests_own_extension_comes_first_and_strangers_ids_go() {
    let (around, own) = (request(), request());
    let mut outgoing = Request::new(());
    for (name, value) in [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", "x=1"),
        ("x-request-id", "stranger"),
    ] {
        outgoing.headers_mut().append(name, HeaderValue::from_static(value));
    }
    outgoing.extensions_mut().insert(own.clone());
    let headers = around.scope(sent(outgoing)).await;
    assert_eq!(headers["traceparent"], own.trace().header_value());
    assert_eq!(&headers["x-request-id"], own.request_id().header_value());
    assert!(!headers.contains_key("tracestate"));
}

#[tokio::test]
async fn without_a_request_nothing_is_changed() {
    let mut outgoing = Request::new(());
    outgoing.headers_mut().insert("x-request-id", HeaderValue::from_static("mine"));
    let headers = sent(outgoing).await;
    assert_eq!((headers.len(), &headers["x-request-id"]), (1, &"mine".parse().unwrap()));
}

#[test]
fn a_context_that_was_stored_is_read_as_strictly_as_headers() {
    let state = TraceState::adopt(&HeaderValue::from_static("a=1")).unwrap();
    let own = RequestContext::new(
        RequestId::generate(),
        TraceContext::root(Sampling::never()).with_state(Some(state)),
    );
    let text = serde_json::to_string(&own).unwrap();
    let read: RequestContext = serde_json::from_str(&text).unwrap();
    assert_eq!(read, own);
    let below = read.child();
    assert_eq!((below.request_id(), below.trace().parent()), (own.request_id(), Some(own.trace().span_id())));
    let traceparent = String::from_utf8(own.trace().traceparent().to_vec()).unwrap();
    for (bad, with) in
        [(own.request_id().as_str(), "a b"), (&traceparent, "00-0-0-0"), ("request_id", "other")]
    {
        assert!(serde_json::from_str::<RequestContext>(&text.replace(bad, with)).is_err(), "{with}");
    }
    let odd = text.replace("a=1", "no state");
    assert_eq!(serde_json::from_str::<RequestContext>(&odd).unwrap().trace().state(), None);
}

#[test]
fn a_recorded_trace_is_that_of_the_context_else_that_of_its_header() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let of = |parents: &[&str], context: Option<Sampling>| {
        let mut request = Request::new(());
        for parent in parents {
            request.headers_mut().append("traceparent", parent.parse().unwrap());
        }
        if let Some(sampling) = context {
            let context = RequestContext::new(RequestId::generate(), TraceContext::root(sampling));
            request.extensions_mut().insert(context);
        }
        let strangers = recorded_trace(&request, false);
        assert!(context.is_some() || strangers.is_none());
        recorded_trace(&request, true).map(|trace| trace.to_string())
    };
    let (recorded, not) =
        (format!("00-{TRACE}-00f067aa0ba902b7-01"), format!("00-{TRACE}-00f067aa0ba902b7-00"));
    assert_eq!(of(&[], None), None);
    assert_eq!(of(&[&recorded], None).as_deref(), Some(TRACE));
    assert_eq!(of(&[&not], None), None);
    assert_eq!(of(&["00-0-0-01"], None), None);
    assert_eq!(of(&[&recorded, &recorded], None), None, "nobody knows which");
    // What a stranger says is not what the service has made of it.
    assert_eq!(of(&[&recorded], Some(Sampling::never())), None);
    let own = of(&[&recorded], Sampling::share(1.0)).unwrap();
    assert_ne!(own, TRACE);
}
