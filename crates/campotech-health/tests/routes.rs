//! The four routes: the table of statuses, bodies, headers, under bare hyper and axum.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::time::Duration;

use campotech_core::RequestId;
use campotech_health::{Check, CheckResult, Details, Health, Reason};
use campotech_testkit::{HyperServer, RawConnection};
use common::{Act, Probe, builder, get, pass, send, settle};
use http::{Method, Request};
use serde_json::{Value, json};

const ROUTES: [&str; 4] = ["/live", "/ready", "/health", "/health/components/store"];

struct Bench {
    health: Health,
    store: Probe,
    queue: Probe,
}

async fn bench() -> Bench {
    let (store, queue) = (Probe::new("store"), Probe::new("queue"));
    let health = builder().check(store.clone().critical()).check(queue.clone().degrading()).build().unwrap();
    Bench { health, store, queue }
}

async fn running() -> Bench {
    let bench = bench().await;
    bench.health.start().unwrap();
    settle().await;
    // By a clock that goes on by itself the checks may take longer.
    while !bench.health.is_ready() {
        settle().await;
    }
    bench
}

#[tokio::test(start_paused = true)]
async fn the_table_of_statuses() {
    type Row = (&'static str, fn(&Bench), f64, [u16; 5], &'static str, &'static str);
    // live, ready, health, store, queue; status and phase of /health
    let rows: [Row; 9] = [
        ("all fine", |_| {}, 0.0, [200, 200, 200, 200, 200], "healthy", "serving"),
        (
            "critical dependency down",
            |b| b.store.fails(Reason::Refused),
            9.0,
            [200, 503, 503, 503, 200],
            "unhealthy",
            "serving",
        ),
        (
            "critical dependency frozen",
            |b| b.store.set(Act::Hang),
            9.0,
            [200, 503, 503, 503, 200],
            "unhealthy",
            "serving",
        ),
        (
            "degrading dependency down",
            |b| b.queue.fails(Reason::Unreachable),
            9.0,
            [200, 200, 200, 200, 503],
            "degraded",
            "serving",
        ),
        (
            "pool saturated",
            |b| b.store.set(Act::Answer(CheckResult::degraded(Reason::Saturated))),
            12.0,
            [200, 200, 200, 200, 200],
            "degraded",
            "serving",
        ),
        ("draining", |b| b.health.drain(), 0.0, [200, 503, 503, 200, 200], "healthy", "draining"),
        (
            "maintenance",
            |b| b.health.set_maintenance(true),
            0.0,
            [200, 503, 503, 200, 200],
            "healthy",
            "maintenance",
        ),
        (
            "draining with a dependency down",
            |b| {
                b.queue.fails(Reason::Refused);
                b.health.drain();
            },
            9.0,
            [200, 503, 503, 200, 503],
            "degraded",
            "draining",
        ),
        (
            "result older than max_age",
            |b| b.health.stop(),
            16.0,
            [200, 503, 503, 503, 503],
            "unknown",
            "stopped",
        ),
    ];
    for (situation, change, seconds, codes, status, phase) in rows {
        let bench = running().await;
        change(&bench);
        pass(seconds).await;
        let mut got = Vec::new();
        for path in ROUTES.into_iter().chain(["/health/components/queue"]) {
            got.push(get(&bench.health, path).await.0);
        }
        assert_eq!(got, codes, "{situation}");
        let body = get(&bench.health, "/health").await.1;
        assert_eq!((&body["status"], &body["phase"]), (&json!(status), &json!(phase)), "{situation}");
        assert_eq!(get(&bench.health, "/ready").await.1, json!({"status": status, "phase": phase}));
        assert_eq!(get(&bench.health, "/live").await.1, json!({"status": "healthy", "phase": phase}));
    }

    let before = bench().await;
    for (path, code) in ROUTES.into_iter().zip([200, 503, 503, 503]) {
        assert_eq!(get(&before.health, path).await.0, code, "before the first result: {path}");
    }
    let component = get(&before.health, "/health/components/store").await.1;
    assert_eq!((&component["status"], &component["reason"]), (&json!("unknown"), &json!("starting_up")));
    assert_eq!(get(&before.health, "/ready").await.1, json!({"status": "unknown", "phase": "starting"}));
}

#[tokio::test(start_paused = true)]
async fn no_request_runs_a_check_or_waits_for_one() {
    let bench = running().await;
    bench.store.set(Act::Hang);
    pass(6.0).await;
    let (runs, now) = (bench.store.starts().len(), tokio::time::Instant::now());
    for _ in 0..1_000 {
        for path in ROUTES {
            get(&bench.health, path).await;
        }
    }
    // The clock is paused, so any wait at all would show.
    assert_eq!((bench.store.starts().len(), tokio::time::Instant::now()), (runs, now));
}

#[tokio::test(start_paused = true)]
async fn the_body_of_health_says_what_the_contract_says() {
    let bench = running().await;
    pass(3.0).await;
    let body = get(&bench.health, "/health").await.1;
    assert_eq!(body["status"], "healthy");
    assert_eq!(body["service"], "jobs-api");
    assert_eq!(body["version"], "1.2.3");
    assert_eq!(body["uptime_seconds"], 3);
    let store = &body["components"]["store"];
    assert_eq!(store["status"], "healthy");
    assert_eq!(store["reason"], "ok");
    assert_eq!(store["critical"], true);
    assert_eq!(body["components"]["queue"]["critical"], false);
    assert_eq!(body["components"]["queue"]["criticality"], "degrading");
    assert!(store["latency_ms"].as_f64().unwrap() < 1.0);
    assert!((3.0..3.1).contains(&store["age_seconds"].as_f64().unwrap()));
    let since = store["since"].as_str().unwrap();
    assert!(since.len() == 24 && since.ends_with('Z') && since.as_bytes()[10] == b'T', "{since}");
    let component = get(&bench.health, "/health/components/store").await.1;
    assert_eq!((&component["name"], &component["status"]), (&json!("store"), &json!("healthy")));
}

#[tokio::test(start_paused = true)]
async fn without_details_health_is_ready_and_components_are_nowhere() {
    let bench = running().await;
    bench.store.fails(Reason::Refused);
    pass(9.0).await;
    let hidden = |path: &'static str| send(&bench.health, Details::Hidden, Request::get(path));
    let body: Value = serde_json::from_slice(hidden("/health").await.body()).unwrap();
    assert_eq!(body, json!({"status": "unhealthy", "phase": "serving"}));
    assert_eq!(hidden("/health").await.status(), 503);
    let known = hidden("/health/components/store").await;
    let unknown = hidden("/health/components/nothing").await;
    assert_eq!(
        (known.status(), unknown.status()),
        (http::StatusCode::NOT_FOUND, http::StatusCode::NOT_FOUND)
    );
    assert_eq!(known.body(), unknown.body());
    assert!(!bench.health.service(Details::Hidden).matches("/health/components/store"));
    assert!(bench.health.service(Details::Shown).matches("/health/components/store"));
    assert!(!bench.health.service(Details::Shown).matches("/api/v1/jobs"));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_problems() {
    let bench = running().await;
    let id = RequestId::generate();
    let request = |method: Method, path| {
        Request::builder().method(method).uri(path).extension(id.clone()).header("accept-language", "es-AR")
    };
    for path in ["/health/components/nothing", "/elsewhere", "/health/", "/health/components/store/x"] {
        let response = send(&bench.health, Details::Shown, request(Method::GET, path)).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let text = std::str::from_utf8(response.body()).unwrap();
        assert!(!text.contains("store") && !text.contains("queue"), "{text}");
        assert!(text.contains(&format!("urn:campotech:request:{id}")), "{text}");
        assert_eq!(response.headers()["content-language"], "es-AR");
    }
    for path in ROUTES {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let response = send(&bench.health, Details::Shown, request(method.clone(), path)).await;
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(response.headers()["allow"], "GET, HEAD");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn health_json_follows_the_draft() {
    let bench = running().await;
    bench.queue.fails(Reason::Refused);
    pass(9.0).await;
    let ask = |path: &'static str| {
        send(&bench.health, Details::Shown, Request::get(path).header("accept", "application/health+json"))
    };
    let response = ask("/health").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/health+json");
    // Nobody may keep it, so that there is nothing for a cache to tell apart.
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(!response.headers().contains_key("vary"));
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["status"], "warn");
    assert_eq!((&body["serviceId"], &body["releaseId"]), (&json!("jobs-api"), &json!("1.2.3")));
    let store = &body["checks"]["store:responseTime"][0];
    assert_eq!((&store["status"], &store["observedUnit"]), (&json!("pass"), &json!("ms")));
    assert!(store["output"].is_null(), "no output on pass");
    let queue = &body["checks"]["queue:responseTime"][0];
    assert_eq!((&queue["status"], &queue["output"]), (&json!("fail"), &json!("refused")));
    assert_eq!(ask("/health/components/queue").await.status(), 503);

    bench.health.drain();
    for (path, word) in [("/live", "pass"), ("/ready", "fail"), ("/health", "fail")] {
        let response = ask(path).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        // The draft: pass and warn are 2xx or 3xx, fail is 4xx or 5xx.
        assert_eq!(response.status().is_success(), word != "fail", "{path}");
        assert_eq!(body["status"], word, "{path}");
        assert_eq!(body["notes"][0], "phase: draining");
    }
}

#[tokio::test(start_paused = true)]
async fn services_that_watch_each_other_leave_each_other_out() {
    let peer = Probe::peer("pricing");
    peer.fails(Reason::BadStatus);
    let health = builder().check(Probe::new("store").critical()).check(peer.critical()).build().unwrap();
    health.start().unwrap();
    settle().await;
    assert_eq!(get(&health, "/ready").await.0, 503);
    for path in ["/ready", "/health"] {
        let request = Request::get(path).header("x-health-hop", "1");
        assert_eq!(send(&health, Details::Shown, request).await.status(), 200, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn head_has_no_body_whatever_the_server_does() {
    let bench = running().await;
    for path in ROUTES.into_iter().chain(["/nowhere"]) {
        let response = send(&bench.health, Details::Shown, Request::head(path)).await;
        assert!(response.body().is_empty(), "{path}");
        assert_ne!(response.headers()["content-length"], "0", "{path}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_under_bare_hyper() {
    let bench = running().await;
    bench.store.set(Act::Take(Duration::from_millis(1), CheckResult::ok()));
    let server = HyperServer::start(bench.health.service(Details::Shown)).await;
    for path in ["/live", "/ready", "/health/components/nothing", "/nowhere"] {
        let mut connection = RawConnection::open(server.addr()).await.unwrap();
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await.unwrap();
        let get = connection.receive().await.unwrap();
        assert!(!get.body.is_empty());
        connection.send(format!("HEAD {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await.unwrap();
        let (status, mut headers) = connection.head().await.unwrap();
        assert_eq!(status, get.status, "{path}");
        headers.remove("date");
        let mut expected = get.headers.clone();
        expected.remove("date");
        assert_eq!(headers, expected, "{path}");
        assert_eq!(headers["content-length"], get.body.len().to_string());
        assert!(!headers.contains_key("etag"));
        // Nothing follows the head: the next answer comes right after it.
        connection.send("GET /live HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
        assert_eq!(connection.receive().await.unwrap().status, 200);
    }
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("POST /ready HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let refused = connection.receive().await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.headers["allow"]), (405, &"GET, HEAD".parse().unwrap()));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn under_axum_each_route_has_its_template() {
    use axum::body::Body;
    use axum::extract::MatchedPath;
    use axum::middleware::{Next, from_fn};
    use tower::ServiceExt;

    async fn tell(request: axum::extract::Request, next: Next) -> axum::response::Response {
        let template = request.extensions().get::<MatchedPath>().unwrap().as_str().parse().unwrap();
        let mut response = next.run(request).await;
        response.headers_mut().insert("x-template", template);
        response
    }

    let bench = running().await;
    let app = axum::Router::new()
        .route("/api", axum::routing::get(|| async { "api" }))
        .merge(bench.health.router(Details::Shown))
        .route_layer(from_fn(tell));
    let ask = |method: Method, path: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    let expected = [
        ("/live", "/live", 200),
        ("/ready", "/ready", 200),
        ("/health", "/health", 200),
        ("/health/components/store", "/health/components/{name}", 200),
        ("/health/components/nothing", "/health/components/{name}", 404),
    ];
    for (path, template, code) in expected {
        for method in [Method::GET, Method::HEAD] {
            let head = method == Method::HEAD;
            let response = ask(method, path).await.unwrap();
            assert_eq!(response.status(), code, "{path}");
            assert_eq!(response.headers()["x-template"], template);
            // The server tells the length of a body that is there.
            let length = response.headers().get("content-length").map(|length| length.to_str().unwrap());
            assert!(!head || length.is_some_and(|length| length != "0"), "{path}: {length:?}");
        }
        assert_eq!(ask(Method::POST, path).await.unwrap().status(), 405);
    }
    assert_eq!(ask(Method::GET, "/api").await.unwrap().status(), 200);

    let hidden = bench.health.router(Details::Hidden);
    let request = Request::get("/health/components/store").body(Body::empty()).unwrap();
    assert_eq!(hidden.oneshot(request).await.unwrap().status(), 404);
}
