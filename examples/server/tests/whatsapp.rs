//! Messages of customers become jobs, once.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Ask, Backend, Server, on_every_backend, text_message, voice_message};

on_every_backend! { a_text_and_a_voice_message_become_jobs_of_the_shared_inbox, a_message_that_is_repeated_after_a_crash_changes_nothing }

const FREE: [(&str, &str); 1] = [("CAMPOTECH_RATE_STANDARD", "100000/1m")];

async fn inbox(server: &Server, token: &str, expected: usize) -> Vec<Value> {
    // A message that a killed replica had in hand is taken over after a while.
    for _ in 0..600 {
        let list = server.json(Ask::new("GET", "/api/v1/jobs?limit=100").bearer(token), 200).await;
        let items = list["items"].as_array().unwrap().clone();
        if items.len() >= expected {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("the inbox never had {expected} jobs")
}

async fn a_text_and_a_voice_message_become_jobs_of_the_shared_inbox(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let other = server.log_in(2, "beto@example.com").await;
    let text = text_message("wamid.text", "5491123456789", "Se cortó la luz\nen toda la casa");
    let voice = voice_message("wamid.voice", "5493512345678", "media-7");
    for body in [&text, &voice, &text, &voice, &text] {
        assert_eq!(server.ask(server.callback(body)).await.status, 200);
    }
    let jobs = inbox(&server, &token, 2).await;
    let kind = |kind: &str| jobs.iter().find(|job| job["kind"] == kind).unwrap();
    assert_eq!(kind("text")["customer_phone"], "+5491123456789");
    assert_eq!(kind("text")["title"], "Se cortó la luz");
    assert_eq!(kind("voice")["customer_phone"], "+5493512345678");
    assert!(kind("voice")["description"].as_str().unwrap().contains("media-7"));
    assert_eq!(inbox(&server, &other, 2).await.len(), 2, "everyone sees the inbox, and no message twice");

    // Who takes it, owns it.
    let path = format!("/api/v1/jobs/{}", kind("text")["id"].as_str().unwrap());
    let take = |token: &str| Ask::new("PATCH", &path).bearer(token).json(&json!({"status": "assigned"}));
    assert_eq!(server.ask(take(&other)).await.status, 200);
    assert_eq!(server.ask(take(&token)).await.status, 404);
    server.metric_becomes(r#"jobs_created_total{kind="voice"}"#, 1.0).await;
    server.metric_becomes(r#"voice_messages_processed_total{outcome="done"}"#, 1.0).await;
    server.metric_becomes(r#"jobs_processed_total{kind="text",outcome="done"}"#, 1.0).await;
}

async fn a_message_that_is_repeated_after_a_crash_changes_nothing(backend: Backend) {
    let mut server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let body = text_message("wamid.again", "5491123456789", "Hola");
    for _ in 0..3 {
        assert_eq!(server.ask(server.callback(&body)).await.status, 200);
        server.kill();
        server = backend.server(&FREE).await;
    }
    assert_eq!(server.ask(server.callback(&body)).await.status, 200);
    inbox(&server, &token, 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(inbox(&server, &token, 1).await.len(), 1);
}
