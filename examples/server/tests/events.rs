//! Job events on a WebSocket.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use support::{Ask, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

type Socket = WebSocketStream<TcpStream>;

async fn connect(
    server: &Server,
    headers: &[(&'static str, String)],
) -> Result<(Socket, http::HeaderMap), u16> {
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let mut request = format!("ws://{}/api/v1/events", server.addr).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, response)) => Ok((socket, response.headers().clone())),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => unreachable!("{error}"),
    }
}

async fn event(socket: &mut Socket) -> Value {
    loop {
        let message =
            tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[tokio::test]
async fn who_may_see_a_job_hears_of_it_and_nobody_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let ana = server.log_in(1, "ana@example.com").await;
    let beto = server.log_in(2, "beto@example.com").await;
    let (mut hers, _) = connect(&server, &[("authorization", format!("Bearer {ana}"))]).await.unwrap();
    let (mut his, headers) =
        connect(&server, &[("sec-websocket-protocol", format!("bearer, {beto}"))]).await.unwrap();
    assert_eq!(headers["sec-websocket-protocol"], "bearer", "never the token");
    // Counted when the connection is handed over, a moment after the handshake is answered.
    server.metric_becomes("websocket_connections_active", 2.0).await;

    let job = server.create_job(1, &ana, "De Ana").await;
    assert_eq!(event(&mut hers).await, json!({"type": "job.created", "job": job}));
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let patch = |status: &str| Ask::new("PATCH", &path).bearer(&ana).json(&json!({"status": status}));
    let changed = server.json(patch("assigned"), 200).await;
    assert_eq!(event(&mut hers).await, json!({"type": "job.updated", "job": changed}));
    server.json(patch("assigned"), 200).await;

    let shared = support::text_message("wamid.1", "5491123456789", "Para todos");
    assert_eq!(server.ask(server.callback(&shared)).await.status, 200);
    for socket in [&mut hers, &mut his] {
        let event = event(socket).await;
        assert_eq!((&event["type"], &event["job"]["title"]), (&json!("job.created"), &json!("Para todos")));
    }
    drop((hers, his));
    server.metric_becomes("websocket_connections_active", 0.0).await;
}

#[tokio::test]
async fn tokens_and_origins_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let server =
        Server::start(dir.path(), &[("CAMPOTECH_CORS_ORIGINS", "https://app.example.com")]).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let bearer = ("authorization", format!("Bearer {token}"));
    let origin = |origin: &str| ("origin", origin.to_owned());
    assert_eq!(connect(&server, &[]).await.err(), Some(401));
    assert_eq!(
        connect(&server, &[("sec-websocket-protocol", "bearer, hunter2".into())]).await.err(),
        Some(401)
    );
    assert_eq!(
        connect(&server, &[bearer.clone(), origin("https://evil.example.com")]).await.err(),
        Some(403)
    );
    assert_eq!(connect(&server, &[bearer.clone(), origin("null")]).await.err(), Some(403));
    assert!(connect(&server, &[bearer, origin("https://app.example.com")]).await.is_ok());
}

#[tokio::test]
async fn a_drain_says_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let mut server =
        Server::start(dir.path(), &[("CAMPOTECH_DRAIN_DELAY", "100ms"), ("CAMPOTECH_DRAIN_DEADLINE", "5s")])
            .ready()
            .await;
    let token = server.log_in(1, "ana@example.com").await;
    let (mut socket, _) = connect(&server, &[("authorization", format!("Bearer {token}"))]).await.unwrap();
    server.terminate();
    let goodbye = loop {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.unwrap(),
            Some(Ok(_)) => {}
            other => unreachable!("{other:?}"),
        }
    };
    assert_eq!(u16::from(goodbye.code), 1001);
    assert!(server.ended_within(Duration::from_secs(5)).await.unwrap().success());
}
