//! Job events on a WebSocket.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use support::{Ask, Backend, Kind, connect_events, next_event, on_every_backend, problem};

on_every_backend! { who_may_see_a_job_hears_of_it_and_nobody_else_does, tokens_and_origins_are_checked, a_drain_says_goodbye }
use tokio_tungstenite::tungstenite::Message;

async fn who_may_see_a_job_hears_of_it_and_nobody_else_does(backend: Backend) {
    let server = backend.server(&[]).await;
    let ana = server.log_in(1, "ana@example.com").await;
    let beto = server.log_in(2, "beto@example.com").await;
    let (mut hers, _) = connect_events(&server, &[("authorization", format!("Bearer {ana}"))]).await.unwrap();
    let (mut his, headers) =
        connect_events(&server, &[("sec-websocket-protocol", format!("bearer, {beto}"))]).await.unwrap();
    assert_eq!(headers["sec-websocket-protocol"], "bearer", "never the token");
    // Counted when the connection is handed over, a moment after the handshake is answered.
    server.metric_becomes("websocket_connections_active", 2.0).await;

    let job = server.create_job(1, &ana, "De Ana").await;
    assert_eq!(next_event(&mut hers).await, json!({"type": "job.created", "job": job}));
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let patch = |status: &str| Ask::new("PATCH", &path).bearer(&ana).json(&json!({"status": status}));
    let changed = server.json(patch("assigned"), 200).await;
    assert_eq!(next_event(&mut hers).await, json!({"type": "job.updated", "job": changed}));
    server.json(patch("assigned"), 200).await;

    let shared = support::text_message("wamid.1", "5491123456789", "Para todos");
    assert_eq!(server.ask(server.callback(&shared)).await.status, 200);
    for socket in [&mut hers, &mut his] {
        let event = next_event(socket).await;
        assert_eq!((&event["type"], &event["job"]["title"]), (&json!("job.created"), &json!("Para todos")));
    }
    drop((hers, his));
    server.metric_becomes("websocket_connections_active", 0.0).await;
}

async fn tokens_and_origins_are_checked(backend: Backend) {
    let server = backend.server(&[("CAMPOTECH_CORS_ORIGINS", "https://app.example.com")]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let bearer = ("authorization", format!("Bearer {token}"));
    let origin = |origin: &str| ("origin", origin.to_owned());
    assert_eq!(connect_events(&server, &[]).await.err(), Some(401));
    assert_eq!(
        connect_events(&server, &[("sec-websocket-protocol", "bearer, hunter2".into())]).await.err(),
        Some(401)
    );
    assert_eq!(
        connect_events(&server, &[bearer.clone(), origin("https://evil.example.com")]).await.err(),
        Some(403)
    );
    assert_eq!(connect_events(&server, &[bearer.clone(), origin("null")]).await.err(), Some(403));
    assert!(connect_events(&server, &[bearer, origin("https://app.example.com")]).await.is_ok());
}

async fn a_drain_says_goodbye(backend: Backend) {
    let mut server =
        backend.server(&[("CAMPOTECH_DRAIN_DELAY", "100ms"), ("CAMPOTECH_DRAIN_DEADLINE", "5s")]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let (mut socket, _) =
        connect_events(&server, &[("authorization", format!("Bearer {token}"))]).await.unwrap();
    server.terminate();
    assert_eq!(goodbye(&mut socket).await, 1001);
    assert!(server.ended_within(Duration::from_secs(5)).await.unwrap().success());
}

#[tokio::test]
async fn what_asks_for_no_socket_is_told_to_upgrade() {
    let backend = Backend::new(Kind::Embedded).await;
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let socket = |version: &str| {
        let ask = Ask::new("GET", "/api/v1/events").bearer(&token).header("sec-websocket-version", version);
        ask.header("connection", "upgrade").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let upgrade = |ask: Ask<'static>, to: &str| ask.header("upgrade", to);
    for ask in [
        Ask::new("GET", "/api/v1/events").bearer(&token),
        upgrade(socket("13"), "h2c"),
        upgrade(socket("8"), "websocket"),
    ] {
        let told = server.ask(ask).await;
        assert_eq!(problem(&told)["status"], 426);
        assert_eq!(
            (&told.headers["upgrade"], &told.headers["sec-websocket-version"]),
            (&"websocket".parse().unwrap(), &"13".parse().unwrap())
        );
    }
    let keyless = upgrade(socket("13"), "websocket").without("sec-websocket-key");
    assert_eq!(problem(&server.ask(keyless).await)["status"], 400);
}

/// The close frame that ends a socket; events before it are passed by.
async fn goodbye(socket: &mut support::Socket) -> u16 {
    let closed = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => break frame.unwrap().code.into(),
                Some(Ok(_)) => {}
                other => unreachable!("{other:?}"),
            }
        }
    };
    // In all, since pings come for ever.
    tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap()
}

#[tokio::test]
async fn while_redis_is_away_own_events_are_told_and_then_that_others_may_be_missing() {
    let backend = Backend::new(Kind::EmbeddedWithRedis).await;
    let server = backend.server(&[]).await;
    let ana = server.log_in(1, "ana@example.com").await;
    let bearer = [("authorization", format!("Bearer {ana}"))];
    let (mut socket, _) = connect_events(&server, &bearer).await.unwrap();
    let redis = backend.redis.as_ref().unwrap();
    redis.kill().await;
    let job = server.create_job(1, &ana, "Sin Redis").await;
    assert_eq!(next_event(&mut socket).await, json!({"type": "job.created", "job": job}));
    redis.restart().await;
    assert_eq!(goodbye(&mut socket).await, 1013, "try again: the lists tell what is true");
    let (mut socket, _) = connect_events(&server, &bearer).await.unwrap();
    let job = server.create_job(1, &ana, "Con Redis").await;
    assert_eq!(next_event(&mut socket).await, json!({"type": "job.created", "job": job}));
}
