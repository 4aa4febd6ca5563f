//! API10, unsafe consumption of APIs: what WhatsApp signed is read as what a stranger wrote.

use serde_json::{Value, json};

use super::support::{Ask, Backend, Server, items, on_every_backend};
use super::world::FREE;

on_every_backend! { no_signed_payload_breaks_the_server_or_becomes_a_job_that_is_none }

const SENDER: &str = "5491123456789";

fn callback(messages: &Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "messages": messages}}]}]})
    .to_string()
}

fn text(id: &str, body: &Value) -> Value {
    json!({"from": SENDER, "id": id, "timestamp": "1767323045", "type": "text", "text": {"body": body}})
}

/// Each member of a message in its turn is something else; nothing of that is a message.
fn wrong_members() -> Vec<Value> {
    let mut messages = Vec::new();
    for member in ["from", "id", "timestamp", "type", "text"] {
        for wrong in [
            json!(null),
            json!(7),
            json!(true),
            json!([]),
            json!({}),
            json!(""),
            json!([[SENDER]]),
            json!(-1e308),
        ] {
            let mut message = text("wamid.wrong", &json!("Hola"));
            message[member] = wrong;
            messages.push(message);
        }
    }
    messages
}

fn odd_texts() -> Vec<String> {
    [
        "\u{0}",
        "a\u{0}b",
        "\u{202e}abc",
        "\u{200b}",
        "\r\n\r\n",
        "<script>alert(1)</script>",
        "'; drop table jobs; --",
        "${jndi:ldap://127.0.0.1/a}",
        "{{7*7}}",
        "=cmd|' /C calc'!A0",
        "\u{feff}",
        "\u{10ffff}",
        "🧰🧰🧰",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([format!("e{}", "\u{301}".repeat(3_000)), "x".repeat(100_000), "ñ\n".repeat(10_000)])
    .collect()
}

async fn delivered(server: &Server, body: &str) -> u16 {
    server.ask(server.callback(body)).await.status.as_u16()
}

async fn no_signed_payload_breaks_the_server_or_becomes_a_job_that_is_none(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    for message in wrong_members() {
        assert_eq!(delivered(&server, &callback(&json!([message]))).await, 200, "{message}");
    }
    for body in [
        "null".to_owned(),
        "[]".to_owned(),
        format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)),
        format!(r#"{{"object":"whatsapp_business_account","entry":{}}}"#, "{\"changes\":[".repeat(5_000)),
        callback(&json!({"0": text("wamid.o", &json!("Hola"))})),
        callback(&json!("Hola")),
        callback(&json!([[text("wamid.l", &json!("Hola"))]])),
        r#"{"object":"whatsapp_business_account","object":"page"}"#.to_owned(),
    ] {
        let status = delivered(&server, &body).await;
        assert!(matches!(status, 200 | 400), "{status}: {body:.80}");
    }
    let too_large = callback(&json!([text("wamid.big", &json!("x".repeat(1024 * 1024)))]));
    assert_eq!(delivered(&server, &too_large).await, 413);
    assert!(items(&server, &token, "/api/v1/jobs").await.is_empty(), "none of these is a message");

    let odd = odd_texts();
    let many: Vec<_> =
        odd.iter().enumerate().map(|(n, body)| text(&format!("wamid.{n}"), &json!(body))).collect();
    assert_eq!(delivered(&server, &callback(&json!(many))).await, 200);
    // One that is as it should be, behind all of them.
    assert_eq!(delivered(&server, &callback(&json!([text("wamid.good", &json!("Hola"))]))).await, 200);
    let expected = odd.len() + 1;
    server.metric_becomes(r#"jobs_processed_total{kind="text",outcome="done"}"#, expected as f64).await;
    let list = server.json(Ask::new("GET", "/api/v1/jobs?limit=100").bearer(&token), 200).await;
    let jobs = list["items"].as_array().unwrap();
    assert_eq!(jobs.len(), expected);
    for job in jobs {
        let title = job["title"].as_str().unwrap();
        assert!((1..=120).contains(&title.chars().count()), "{title:.200}");
        assert!(!title.chars().any(char::is_control) && !title.contains('\u{202e}'), "{title:?}");
        assert_eq!(job["customer_phone"], format!("+{SENDER}"));
    }
}
