//! The access log: a line for each request, with what an operator needs and nothing that a client sent.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use serde_json::{Value, json};
use support::{Ask, PASSWORD, Server, text_message};

const LOGGED: [(&str, &str); 3] =
    [("CAMPOTECH_LOG", "info"), ("CAMPOTECH_LOG_FORMAT", "json"), ("CAMPOTECH_DRAIN_DELAY", "100ms")];

/// The lines of the log, each of which is JSON.
fn lines(server: &Server) -> Vec<Value> {
    let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|e| unreachable!("{e}: {line}"));
    server.log().all().iter().map(parse).collect()
}

/// The first line of this message.
async fn saying(server: &Server, message: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(line) = lines(server).into_iter().find(|line| line["message"] == message) {
            return line;
        }
        assert!(Instant::now() < deadline, "nobody says {message:?}: {}", server.log().text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The access lines, once there are as many.
async fn access(server: &Server, expected: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut lines = lines(server);
        lines.retain(|line| line["target"] == "campotech::access");
        if lines.len() >= expected || Instant::now() > deadline {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn each_request_has_a_line_that_says_nothing_of_what_the_client_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_logged(dir.path(), &LOGGED).ready().await;
    let token = server.log_in(1, "ana.hunter2@example.com").await;
    let job = server.create_job(1, &token, "hunter2").await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let before = access(&server, 3).await.len();
    assert_eq!(before, 3, "an account, a login, a job; none for /ready");

    let (query, nothing) = (format!("{path}?token=hunter2"), "/hunter2/nothing");
    let handshake = "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=hunter2&hub.challenge=1";
    let (job, jobs) = ("/api/v1/jobs/{id}", "/api/v1/jobs");
    let ask = |method, path| Ask::new(method, path).bearer(&token);
    let mut expected = HashMap::new();
    for (ask, method, route, status) in [
        (ask("GET", &query), "GET", job, 200),
        (ask("PATCH", &path).json(&json!({"status": "assigned"})), "PATCH", job, 200),
        (ask("POST", jobs).json(&json!({"title": "hunter2"})), "POST", jobs, 422),
        (ask("POST", jobs).json(&json!("hunter2")).header("content-encoding", "hunter2"), "POST", jobs, 415),
        (
            ask("GET", jobs).header("x-request-id", "hunter2").header("traceparent", "hunter2"),
            "GET",
            jobs,
            200,
        ),
        (ask("HEAD", jobs), "HEAD", jobs, 200),
        (ask("PUT", jobs), "PUT", jobs, 405),
        (ask("HUNTER2", jobs), "_OTHER", jobs, 405),
        (ask("GET", nothing), "GET", "__unmatched__", 404),
        (Ask::new("GET", jobs).bearer("hunter2"), "GET", jobs, 401),
        (Ask::new("GET", handshake), "GET", "/webhooks/whatsapp", 403),
        (server.callback("{\"hunter2\":1}"), "POST", "/webhooks/whatsapp", 200),
    ] {
        let answer = server.ask(ask).await;
        assert_eq!(answer.status, status, "{method} {route}");
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        let bytes = if method == "HEAD" { 0 } else { answer.body.len() };
        assert!(expected.insert(id, (method, route, status, bytes)).is_none(), "an id twice");
    }
    let lines = access(&server, before + expected.len()).await;
    assert_eq!(lines.len(), before + expected.len(), "one each");
    for line in &lines[before..] {
        let id = line["request_id"].as_str().unwrap();
        let (method, route, status, bytes) = expected.remove(id).unwrap_or_else(|| unreachable!("{line}"));
        assert_eq!((&line["method"], &line["route"]), (&json!(method), &json!(route)), "{line}");
        assert_eq!((&line["status"], &line["bytes"]), (&json!(status), &json!(bytes)), "{line}");
        assert_eq!(line["end"], "complete", "{line}");
        assert!(line["duration_ms"].is_u64(), "{line}");
        for (key, length) in [("trace_id", 32), ("span_id", 16)] {
            let id = line[key].as_str().unwrap();
            assert!(id.len() == length && id.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        }
        assert!(line["client"].as_str().unwrap().starts_with("127.0.0."), "{line}");
        assert_eq!(line.get("span"), None, "{line}");
    }

    server.terminate();
    assert!(server.ended_within(Duration::from_secs(30)).await.unwrap().success());
    assert!(server.log().wait_for(Duration::from_secs(5), |line| line.contains("\"drained\"")));
    let log = server.log().text();
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    for secret in ["hunter2", "HUNTER2", token.as_str(), path.as_str(), PASSWORD, "frase", "?"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let secrets = server.secrets();
    assert!(!log.contains(&secrets.app_secret) && !log.contains(&secrets.verify_token));
}

#[tokio::test]
async fn a_client_that_goes_away_is_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_logged(dir.path(), &LOGGED).ready().await;
    let body = json!({"email": "ana@example.com", "password": PASSWORD, "name": "Ana"}).to_string();
    let request = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // The password takes long enough to hash that the client is gone by then.
    let mut connection = RawConnection::open(server.addr).await.unwrap();
    connection.send(&request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    drop(connection);
    let lines = access(&server, 1).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["end"], &line["status"]), (&json!("cancelled"), &json!(0)), "{line}");
    assert_eq!(
        (&line["method"], &line["route"]),
        (&json!("POST"), &json!("/api/v1/auth/register")),
        "{line}"
    );
    assert!(line["request_id"].is_string() && line["trace_id"].is_string(), "{line}");
}

#[tokio::test]
async fn what_becomes_of_a_message_is_logged_with_the_ids_of_the_callback_that_brought_it() {
    let dir = tempfile::tempdir().unwrap();
    let logged = [("CAMPOTECH_LOG", "info,campotech_server=debug"), ("CAMPOTECH_LOG_FORMAT", "json")];
    let server = Server::start_logged(dir.path(), &logged).ready().await;
    let answer =
        server.ask(server.callback(&text_message("wamid.1", "5491123456789", "Se cortó la luz"))).await;
    assert_eq!(answer.status, 200);
    let job = saying(&server, "a message has become a job").await;
    let callback = &access(&server, 1).await[0];
    assert_eq!(job["request_id"], answer.headers["x-request-id"].to_str().unwrap(), "{job}");
    assert_eq!(job["trace_id"], callback["trace_id"], "{job}");
    assert_ne!(job["span_id"], callback["span_id"], "a step of its own");
    assert!(job["span_id"].is_string(), "{job}");
}

#[tokio::test]
async fn every_field_of_an_access_line_is_in_the_guide() {
    const GUIDE: &str = include_str!("../../../docs/guides/observability.md");
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_logged(dir.path(), &LOGGED).ready().await;
    server.get(1, "/api/openapi.json").await;
    let line = &access(&server, 1).await[0];
    let rows =
        || GUIDE.lines().filter(|line| line.starts_with("| `")).map(|row| row.split('|').nth(1).unwrap());
    for key in line.as_object().unwrap().keys() {
        assert!(rows().any(|names| names.contains(&format!("`{key}`"))), "{key}: {line}");
    }
}

/// What a client may send where a log repeats things, if it did.
#[tokio::test]
async fn hostile_paths_and_headers_leave_one_line_each_in_both_formats() {
    for format in ["text", "json"] {
        let dir = tempfile::tempdir().unwrap();
        let logged = [("CAMPOTECH_LOG", "info,campotech=debug"), ("CAMPOTECH_LOG_FORMAT", format)];
        let server = Server::start_logged(dir.path(), &logged).ready().await;
        let hostile = b"hunter2\xff\xc2\x9b31m\xc2\x85\xe2\x80\xa8\tlevel=ERROR";
        let path = "/%0a%0dhunter2%1b%5b31m%e2%80%a8%ff%00";
        for name in ["user-agent", "x-request-id", "traceparent", "tracestate", "accept-language"] {
            let mut connection = RawConnection::open(server.addr).await.unwrap();
            let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{name}: ");
            connection.send([head.as_bytes(), hostile, b"\r\n\r\n"].concat()).await.unwrap();
            assert!(connection.receive().await.unwrap().status.is_client_error(), "{name}");
        }
        // This one is seen after all of them.
        assert_eq!(server.get(1, "/api/openapi.json").await.status, 200);
        assert!(server.log().wait_for(Duration::from_secs(5), |line| line.contains("/api/openapi.json")));
        let lines = server.log().all();
        let answered = lines.iter().filter(|line| line.contains("answered")).count();
        assert_eq!(answered, 6, "a line each: {lines:?}");
        for line in &lines {
            assert!(!line.contains("hunter2"), "{line}");
            assert!(
                !line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')),
                "{line:?}"
            );
            match format {
                "json" => assert!(serde_json::from_str::<Value>(line).unwrap().is_object()),
                _ => assert!(
                    line.as_bytes()[..4].iter().all(u8::is_ascii_digit),
                    "begins with its time: {line}"
                ),
            }
        }
    }
}
