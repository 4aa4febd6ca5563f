//! One snapshot in all its forms: JSON, the draft's, text, HTML; for everybody, for some, and in front of a service.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use campotech_health::{Check, Details, Health, Reason};
use common::{Probe, builder, get, pass, send, settle};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use serde_json::Value;
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A store that works, a cache that does not.
async fn running() -> Health {
    let (store, cache) = (Probe::new("store"), Probe::new("cache"));
    cache.fails(Reason::Refused);
    let health = builder().check(store.critical()).check(cache.degrading()).build().unwrap();
    health.start().unwrap();
    settle().await;
    health
}

async fn asked(health: &Health, path: &str, accept: &str) -> (u16, String, String) {
    let response = send(health, Details::Shown, Request::get(path).header("accept", accept)).await;
    let media = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status().as_u16(), media, String::from_utf8(response.body().to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn text_has_a_line_for_the_service_and_each_component() {
    let health = running().await;
    let (code, media, text) = asked(&health, "/health", "text/plain").await;
    assert_eq!((code, media.as_str()), (200, "text/plain; charset=utf-8"));
    assert_eq!(text, "degraded serving\nstore healthy ok 0 ms\ncache unhealthy refused 0 ms\n");
    assert_eq!(asked(&health, "/live", "text/plain").await.2, "healthy serving\n");
    let (code, _, text) = asked(&health, "/health/components/cache", "text/plain").await;
    assert_eq!((code, text.as_str()), (503, "cache unhealthy refused 0 ms\n"));
    health.drain();
    let (code, _, text) = asked(&health, "/ready", "text/plain").await;
    assert_eq!((code, text.as_str()), (503, "degraded draining\n"));
}

#[tokio::test(start_paused = true)]
async fn html_is_a_fragment_with_a_row_for_each_component() {
    let health = running().await;
    let (code, media, html) = asked(&health, "/health", "text/html,*/*;q=0.8").await;
    assert_eq!((code, media.as_str()), (200, "text/html; charset=utf-8"));
    assert!(
        html.starts_with(
            "<h1>jobs-api 1.2.3</h1>\n<p class=\"health degraded\">degraded, serving</p>\n<table"
        )
    );
    assert!(
        html.contains(
            "<tr class=\"unhealthy\"><th scope=\"row\">cache</th><td>unhealthy</td><td>refused</td>"
        )
    );
    assert_eq!(html.matches("<tr class=").count(), 2);
    assert!(!html.contains("<script") && !html.contains("style="), "a strict policy lets it pass");
    let (_, _, html) = asked(&health, "/ready", "text/html").await;
    assert_eq!(html, "<p class=\"health degraded\">degraded, serving</p>\n");
}

#[tokio::test(start_paused = true)]
async fn answers_are_given_again_for_a_moment_and_no_change_is_missed() {
    let (store, health) = (Probe::new("store"), builder());
    let health = health.check(store.clone().critical()).build().unwrap();
    health.start().unwrap();
    settle().await;
    let service = health.service(Details::Shown);
    let ask = async || {
        let request = Request::get("/health").body(Empty::<Bytes>::new()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let body: Value =
            serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        (code, body)
    };
    let age = |body: &Value| body["components"]["store"]["age_seconds"].as_f64().unwrap();
    let (_, first) = ask().await;
    pass(0.05).await;
    assert_eq!(ask().await.1, first, "the same answer within a tenth of a second");
    pass(0.06).await;
    let (_, later) = ask().await;
    assert!(age(&later) > age(&first) + 0.1, "then its ages are told anew");
    assert_eq!(later["generation"], first["generation"], "and nothing else has happened");
    // What happens is seen at once, by a change or by age.
    health.set_maintenance(true);
    assert_eq!(ask().await.1["phase"], "maintenance");
    health.set_maintenance(false);
    assert_eq!(ask().await.0, 200);
    health.stop();
    assert_eq!(ask().await.1["phase"], "stopped");
}

#[tokio::test(start_paused = true)]
async fn what_grows_stale_is_not_given_again() {
    let health = builder().check(Probe::new("store").critical()).build().unwrap();
    health.start().unwrap();
    settle().await;
    // From here on no result comes in.
    health.stop();
    let age = health.snapshot_age().as_secs_f64();
    pass(15.0 - age - 0.03).await;
    let service = health.service(Details::Shown);
    let status = async || {
        let request = Request::get("/health/components/store").body(Empty::<Bytes>::new()).unwrap();
        service.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 200);
    pass(0.04).await;
    assert_eq!(status().await, 503, "younger than a tenth of a second, and wrong");
}

#[tokio::test(start_paused = true)]
async fn some_see_what_is_hidden_from_others() {
    let health = running().await;
    let permit = |headers: &http::HeaderMap, _: &http::Extensions| {
        headers.get("authorization").is_some_and(|value| value == "Bearer operator")
    };
    let service = health.service(Details::Hidden).with_details_for(permit);
    let ask = async |path: &str, who: &str| {
        let request = Request::get(path).header("authorization", who).body(Empty::<Bytes>::new()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let body: Value =
            serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        (code, body)
    };
    let (code, body) = ask("/health", "Bearer operator").await;
    assert_eq!((code, &body["components"]["store"]["status"]), (200, &Value::from("healthy")));
    assert_eq!(ask("/health/components/cache", "Bearer operator").await.0, 503);
    let (code, body) = ask("/health", "Bearer somebody").await;
    assert_eq!((code, body), (200, serde_json::json!({ "status": "degraded", "phase": "serving" })));
    for path in ["/health/components/cache", "/health/components/nothing", "/health/groups/any"] {
        let (code, body) = ask(path, "Bearer somebody").await;
        assert_eq!(code, 404, "{path}");
        assert!(!body.to_string().contains("cache"), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_front_of_a_service_probes_are_answered_and_the_rest_goes_on() {
    let health = running().await;
    let inner = service_fn(async |request: Request<Empty<Bytes>>| {
        let path = request.uri().path().to_owned();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(path))))
    });
    let service = health.layer(Details::Hidden).layer(inner);
    let ask = async |path: &str| {
        let request = Request::get(path).body(Empty::new()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        (code, response.into_body().collect().await.unwrap().to_bytes())
    };
    assert_eq!(ask("/jobs").await, (200, Bytes::from("/jobs")));
    assert_eq!(ask("/live").await, (200, Bytes::from(r#"{"status":"healthy","phase":"serving"}"#)));
    assert_eq!(ask("/health/components/cache").await.1, "/health/components/cache", "hidden, and not ours");
    health.drain();
    assert_eq!(ask("/ready").await.0, 503);
    assert_eq!(get(&health, "/live").await.0, 200);
}

#[tokio::test]
async fn a_probe_waits_for_no_limit_behind_the_layer_and_takes_no_place_of_it() {
    let health = running().await;
    let (busy, free) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let inner = service_fn({
        let (busy, free) = (Arc::clone(&busy), Arc::clone(&free));
        move |_: Request<Empty<Bytes>>| {
            let (busy, free) = (Arc::clone(&busy), Arc::clone(&free));
            async move {
                busy.add_permits(1);
                free.acquire().await.unwrap().forget();
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("done"))))
            }
        }
    });
    let limited = tower::limit::ConcurrencyLimitLayer::new(1).layer(inner);
    let service = health.layer(Details::Hidden).layer(limited);
    let ask = |path: &str| service.clone().oneshot(Request::get(path).body(Empty::new()).unwrap());
    let first = tokio::spawn(ask("/jobs"));
    busy.acquire().await.unwrap().forget();
    let second = tokio::spawn(ask("/jobs"));
    // A connection that stays open between its probes holds on to its clone.
    let mut probing = service.clone();
    for _ in 0..10 {
        let probe = Request::get("/live").body(Empty::new()).unwrap();
        assert_eq!(probing.ready().await.unwrap().call(probe).await.unwrap().status(), 200);
    }
    free.add_permits(2);
    for waiting in [first, second] {
        let answer = waiting.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(answer, "done");
    }
    drop(probing);
}

#[tokio::test(start_paused = true)]
async fn what_is_given_again_is_what_was_asked_for() {
    let peer = Probe::peer("pricing");
    peer.fails(Reason::BadStatus);
    let health = builder()
        .check(Probe::new("store").critical().with_tag("all"))
        .check(peer.critical().with_tag("all"));
    let health = health.build().unwrap();
    health.start().unwrap();
    settle().await;
    let service = health.service(Details::Shown);
    let ask = async |path: &str, accept: &str, hop: bool| {
        let mut request = Request::get(path).header("accept", accept);
        if hop {
            request = request.header("x-health-hop", "1");
        }
        let response = service.clone().oneshot(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status().as_u16(), media, response.into_body().collect().await.unwrap().to_bytes())
    };
    for path in ["/health", "/health/components/store", "/health/groups/all"] {
        let mut seen = Vec::new();
        for accept in ["application/json", "application/health+json", "text/plain", "text/html"] {
            for hop in [false, true] {
                let (code, media, body) = ask(path, accept, hop).await;
                assert!(media.starts_with(accept), "{path} {accept}: {media}");
                let whole = path != "/health/components/store";
                assert_eq!(code, if whole && !hop { 503 } else { 200 }, "{path} {accept} {hop}");
                seen.push((accept, hop, code, body));
            }
        }
        for (accept, hop, code, body) in seen {
            let again = ask(path, accept, hop).await;
            assert_eq!((again.0, again.2), (code, body), "{path} {accept} {hop}");
        }
    }
}
