//! The rules in `infrastructure/monitoring/sentry` speak of what the server really sends.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;
use support::{Ask, Server};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

mod support;

const RULES: &str = include_str!("../../../infrastructure/monitoring/sentry/alert-rules.json");
const SCRUBBING: &str = include_str!("../../../infrastructure/monitoring/sentry/data-scrubbing.json");
const OWNERSHIP: &str = include_str!("../../../infrastructure/monitoring/sentry/ownership.txt");

/// Keeps the bodies that are posted to it.
fn receiver() -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://key@{}/1", listener.local_addr().unwrap());
    let (keep, kept) = unbounded_channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let keep = keep.clone();
            std::thread::spawn(move || receive(stream.unwrap(), &keep));
        }
    });
    (dsn, kept)
}

fn receive(stream: TcpStream, keep: &UnboundedSender<String>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let _ = keep.send(String::from_utf8_lossy(&body).into_owned());
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    }
}

/// The event of a request that the store could not answer.
async fn event() -> Value {
    let (dsn, mut envelopes) = receiver();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("SENTRY_DSN", dsn.as_str()),
        ("SENTRY_ENVIRONMENT", "production"),
        ("SENTRY_RELEASE", "campotech-server@1.2.3"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"),
    ];
    let server = Server::start(folder.path(), &variables);
    let body = serde_json::json!({"email": "ana@example.com", "password": support::PASSWORD});
    let login = Ask::new("POST", "/api/v1/auth/login")
        .json(&body)
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .header("accept", "application/json")
        .header("user-agent", "a-client/1")
        .header("x-request-id", "01a21468-9530-72ba-a399-2dfb3f73d5b9")
        .header("x-auth-token", "never-to-be-seen")
        .header("forwarded", "for=192.0.2.1");
    assert_eq!(server.ask(login).await.status, 503);
    loop {
        let envelope = timeout(Duration::from_secs(20), envelopes.recv()).await.unwrap().unwrap();
        let mut lines = envelope.lines().skip(1);
        while let (Some(header), Some(payload)) = (lines.next(), lines.next()) {
            let payload: Value = serde_json::from_str(payload).unwrap();
            if header.contains("\"event\"") && payload["transaction"].is_string() {
                return payload;
            }
        }
    }
}

fn strings<'a>(value: &'a Value, key: &'a str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key));
            fields.values().for_each(|field| strings(field, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, key, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_name_is_sent() {
    let event = event().await;
    let rules: Value = serde_json::from_str(RULES).unwrap();

    let (mut tags, mut environments) = (Vec::new(), Vec::new());
    strings(&rules["issue"], "key", &mut tags);
    strings(&rules, "environment", &mut environments);
    assert!(!tags.is_empty() && !environments.is_empty());
    for tag in tags {
        assert!(event["tags"][tag.as_str().unwrap()].is_string(), "{tag}: {}", event["tags"]);
    }
    for environment in environments {
        assert_eq!(event["environment"], *environment);
    }
    assert_eq!(event["release"], "campotech-server@1.2.3");
    // What the metric rule asks for, and what `level` 40 means. The protocol leaves it out where it is `error`.
    let level = event.get("level").map_or("error", |level| level.as_str().unwrap());
    assert_eq!(level, "error");
    let query = rules["metric"][0]["query"].as_str().unwrap();
    assert!(query.starts_with("level:[") && query.contains(level), "{query}");

    let transaction = event["transaction"].as_str().unwrap();
    assert_eq!(transaction, "POST /api/v1/auth/login");
    let routes = OWNERSHIP.lines().filter_map(|line| line.strip_prefix("tags.transaction:\"* "));
    let owned = routes.map(|rest| rest.split(['*', '"']).next().unwrap());
    assert!(owned.clone().any(|prefix| transaction.split(' ').nth(1).unwrap().starts_with(prefix)));
    let other =
        OWNERSHIP.lines().find(|line| line.starts_with("tags.") && !line.starts_with("tags.transaction:"));
    assert_eq!(other, None);

    // The safe fields are ours, and the headers that Sentry keeps are those that arrive.
    let scrubbing: Value = serde_json::from_str(SCRUBBING).unwrap();
    for field in scrubbing["safeFields"].as_array().unwrap() {
        assert!(event["tags"][field.as_str().unwrap()].is_string(), "{field}: {}", event["tags"]);
    }
    let selectors = scrubbing["relayPiiConfig"]["applications"].as_object().unwrap();
    let selector = selectors.keys().find(|selector| selector.starts_with("$http.headers")).unwrap();
    let kept: BTreeSet<_> = selector.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    let arrived: BTreeSet<_> = event["request"]["headers"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(arrived, kept);
}
