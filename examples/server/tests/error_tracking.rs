//! What a real receiver gets of a real server: each failure once, traces with what was asked of both stores, no secret,
//! and nothing lost at the end.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::{Duration, Instant};

use campotech_testkit::Spotlight;
use serde_json::{Value, json};
use support::{Ask, Backend, Kind, PASSWORD, text_message};

/// Planted in requests; no six characters of any may arrive.
const PLANTED: [&str; 5] =
    ["ana.secreta@example.com", "5493514237788", "Confidencialísimo", "27301112228", PASSWORD];

/// The payloads of one kind of item.
fn items(envelopes: &[String], kind: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for envelope in envelopes {
        let mut lines = envelope.lines().skip(1);
        while let (Some(header), Some(payload)) = (lines.next(), lines.next()) {
            let header: Value = serde_json::from_str(header).unwrap();
            if header["type"] == kind {
                found.push(serde_json::from_str(payload).unwrap());
            }
        }
    }
    found
}

fn of<'a>(events: &'a [Value], message: &str) -> Vec<&'a Value> {
    let said = |event: &&Value| event.to_string().contains(message);
    events.iter().filter(said).collect()
}

fn assert_nothing_planted(envelopes: &[String]) {
    let all = envelopes.concat();
    for planted in PLANTED {
        let chars: Vec<char> = planted.chars().collect();
        for piece in chars.windows(6).map(|piece| piece.iter().collect::<String>()) {
            assert!(
                piece == "exampl" || "@example.com".contains(&piece) || !all.contains(&piece),
                "{piece} of {planted}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_is_one_event_and_traces_show_both_stores() {
    let (backend, spotlight) = tokio::join!(Backend::new(Kind::PostgresWithRedis), Spotlight::start());
    let dsn = spotlight.dsn();
    let traced =
        [("SENTRY_DSN", dsn.as_str()), ("SENTRY_TRACES_SAMPLE_RATE", "1"), ("SENTRY_ENVIRONMENT", "test")];
    let mut server = backend.server(&traced).await;
    let token = server.log_in(1, "ana.secreta@example.com").await;
    let customer = json!({"name": "Confidencialísimo", "email": "ana.secreta@example.com", "phone": "+54 9 351 423-7788", "cuit": "27-30111222-8"});
    server.ask(Ask::new("POST", "/api/v1/customers").from(1).bearer(&token).json(&customer)).await;
    server.create_job(1, &token, "Confidencialísimo").await;
    server.ask(Ask::new("GET", "/nothing/27-30111222-8?token=Confidencial%C3%ADsimo").from(1)).await;
    let callback = server.callback(&text_message("wamid.1", "5493514237788", "Confidencialísimo"));
    assert_eq!(server.ask(callback).await.status, 200);
    server.metric_becomes_at_least("jobs_processed_total{kind=\"text\",outcome=\"done\"}", 1.0).await;

    // A worker error: an entry of the queue that is none of ours.
    let redis = backend.redis.as_ref().unwrap();
    let keys = redis.command(&["KEYS", "*:stream"]).await;
    redis.command(&["XADD", keys.trim(), "*", "x", "Confidencialísimo"]).await;
    // A handler error: the database goes away.
    spotlight.wait_for(|envelopes| !of(&items(envelopes, "event"), "none of ours").is_empty()).await;
    backend.postgres.as_ref().unwrap().kill().await;
    let failed = server.ask(Ask::new("GET", "/api/v1/jobs").from(2).bearer(&token)).await;
    assert_eq!(failed.status, 503);

    server.terminate();
    assert!(server.ended_within(Duration::from_secs(40)).await.is_some());
    let envelopes = spotlight.envelopes().await;
    assert_nothing_planted(&envelopes);
    let events = items(&envelopes, "event");
    assert_eq!(of(&events, "none of ours").len(), 1, "the worker's error");
    let handlers: Vec<_> = events.iter().filter(|event| event["transaction"] == "GET /api/v1/jobs").collect();
    assert_eq!(handlers.len(), 1, "the handler's error: {handlers:#?}");
    let all = handlers[0].to_string();
    assert!(all.contains("the store has no answer"), "{all}");

    let transactions = items(&envelopes, "transaction");
    let named = |name: &str| -> Vec<&Value> {
        transactions.iter().filter(|one| one["transaction"] == name).collect()
    };
    let systems = |one: &Value| -> Vec<String> {
        let spans = one["spans"].as_array().into_iter().flatten();
        spans.filter_map(|span| span["data"]["db.system.name"].as_str().map(str::to_owned)).collect()
    };
    let created = named("POST /api/v1/jobs");
    assert_eq!(created.len(), 1);
    let insert =
        created[0]["spans"].as_array().unwrap().iter().find(|span| span["description"] == "INSERT jobs");
    assert_eq!(insert.unwrap()["data"]["db.collection.name"], "jobs", "{}", created[0]);
    let worked = named("message");
    assert_eq!(worked.len(), 1, "one message");
    let asked = systems(worked[0]);
    assert!(asked.iter().any(|s| s == "postgresql") && asked.iter().any(|s| s == "redis"), "{}", worked[0]);
    let unmatched = named("GET <unmatched>");
    assert_eq!(unmatched.len(), 1);
    assert!(!transactions.iter().any(|one| {
        let name = one["transaction"].as_str().unwrap();
        ["ready", "health", "live", "metrics", "statement", "command"].iter().any(|ops| name.contains(ops))
    }));
    assert!(!items(&envelopes, "sessions").is_empty(), "release health");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminated_server_loses_no_queued_event_and_nobody_forces_a_trace() {
    let spotlight = Spotlight::start().await;
    let backend = Backend::new(Kind::Postgres).await;
    let dsn = spotlight.dsn();
    let quick =
        [("SENTRY_DSN", dsn.as_str()), ("CAMPOTECH_DRAIN_DELAY", "0s"), ("CAMPOTECH_DRAIN_DEADLINE", "20s")];
    let mut server = backend.server(&quick).await;
    let token = server.log_in(1, "ana@example.com").await;
    backend.postgres.as_ref().unwrap().kill().await;
    let forced = "771a43a4192642f0b136d5159a501700-b72fa28504b07285-1";
    for from in 1..=20 {
        let ask = Ask::new("GET", "/api/v1/jobs").from(from).bearer(&token).header("sentry-trace", forced);
        assert_eq!(server.ask(ask).await.status, 503);
    }
    // Ten of the same at once; the other ten are only counted.
    let limited = server.metric("sentry_events_total{outcome=\"limited\"}").await.unwrap();
    assert!(limited >= 10.0, "{limited}");
    let sent = server.metric("sentry_events_total{outcome=\"sent\"}").await.unwrap();
    server.terminate();
    let began = Instant::now();
    assert!(server.ended_within(Duration::from_secs(22)).await.is_some());
    let envelopes = spotlight.envelopes().await;
    let events = items(&envelopes, "event");
    let arrived = events.iter().filter(|event| event["transaction"] == "GET /api/v1/jobs").count();
    assert_eq!(arrived, 10, "after {:?}", began.elapsed());
    assert_eq!(items(&envelopes, "transaction").len(), 0, "nobody from outside decides what is traced");
    println!(
        "SIGTERM of=20 limited={limited} sent_before={sent} arrived={arrived} ended_ms={}",
        began.elapsed().as_millis()
    );
}
