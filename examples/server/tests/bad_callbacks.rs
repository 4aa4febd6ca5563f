//! The webhook under callbacks that aren't what they should be.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use campotech_testkit::RawConnection;
use support::{Ask, Backend, check, items, on_every_backend, problem, row, text_message};

on_every_backend! { a_callback_that_meta_did_not_sign_is_refused, the_handshake_answers_its_challenge, what_is_signed_and_unknown_is_counted_and_not_stored, without_secrets_the_webhook_is_closed, a_callback_without_a_body_is_not_signed }

const SIGNATURE: &str = "x-hub-signature-256";

async fn a_callback_that_meta_did_not_sign_is_refused(backend: Backend) {
    let server = backend.server(&[]).await;
    let body = text_message("wamid.1", "5491123456789", "Hola");
    let signed = server.callback(&body);
    let with = |signature: &str| signed.clone().without(SIGNATURE).header(SIGNATURE, signature);
    let right = signed.headers.iter().find(|(name, _)| *name == SIGNATURE).unwrap().1.clone();
    let mut altered = signed.clone();
    altered.body.push(b' ');
    let wrong = "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=hunter2&hub.challenge=1";
    check(
        &server,
        vec![
            row("no signature", 401, signed.clone().without(SIGNATURE)),
            row("another body", 401, altered),
            row("another signature", 401, with(&format!("sha256={}", "0".repeat(64)))),
            row("half a signature", 401, with("sha256=00")),
            row("sha1", 401, with(&format!("sha1={}", "0".repeat(40)))),
            row("no scheme", 401, with(right.strip_prefix("sha256=").unwrap())),
            row("two signatures", 401, signed.clone().header(SIGNATURE, &right)),
            row(
                "another media type",
                415,
                signed.clone().without("content-type").header("content-type", "text/plain"),
            ),
            row("a coding", 415, signed.clone().header("content-encoding", "gzip")),
            row("wrong verify token", 403, Ask::new("GET", wrong)),
        ],
    )
    .await;
    let token = server.log_in(1, "ana@example.com").await;
    assert!(items(&server, &token, "/api/v1/jobs").await.is_empty());
    assert_eq!(server.ask(signed).await.status, 200, "and as it was signed it is taken");
}

async fn the_handshake_answers_its_challenge(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.secrets().verify_token;
    let right =
        format!("/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
    let answer = server.get(5, &right).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "1158201444"));
}

async fn what_is_signed_and_unknown_is_counted_and_not_stored(backend: Backend) {
    let server = backend.server(&[]).await;
    for body in [
        r#"{"object":"page"}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{}}]}]}"#,
    ] {
        assert_eq!(server.ask(server.callback(body)).await.status, 200);
    }
    let unknown = r#"validation_failures_total{path="/webhooks/whatsapp",code="whatsapp.unknown"}"#;
    assert_eq!(server.metric(unknown).await, Some(2.0));
    let token = server.log_in(1, "ana@example.com").await;
    assert!(items(&server, &token, "/api/v1/jobs").await.is_empty());
}

async fn without_secrets_the_webhook_is_closed(backend: Backend) {
    let server = backend.start(&[("CAMPOTECH_LISTEN", "0.0.0.0:0")]);
    let port = server.addr.port();
    let mut connection = RawConnection::open(([127, 0, 0, 1], port).into()).await.unwrap();
    connection
        .send("POST /webhooks/whatsapp HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        .await
        .unwrap();
    assert_eq!(problem(&connection.receive().await.unwrap())["status"], 503);
    assert!(server.said().text().contains("answers 503"), "{}", server.said().text());
}

async fn a_callback_without_a_body_is_not_signed(backend: Backend) {
    let server = backend.server(&[]).await;
    for ask in [
        Ask::new("POST", "/webhooks/whatsapp"),
        Ask::new("POST", "/webhooks/whatsapp").header("content-length", "0"),
        Ask::new("POST", "/webhooks/whatsapp")
            .header("content-type", "application/json")
            .body("{\"a\":1,\"a\""),
    ] {
        assert_eq!(problem(&server.ask(ask.from(61)).await)["status"], 401);
    }
}
