//! WebSockets live, count and end like other connections.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use support::{Running, local, start};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};

fn router() -> Router {
    async fn repeat(mut socket: WebSocket) {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            if socket.send(Message::Text(text)).await.is_err() {
                return;
            }
        }
    }
    Router::new().route("/ws", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(repeat) }))
}

async fn open(running: &Running) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(running.addr).await.unwrap();
    client_async(format!("ws://{}/ws", running.addr), stream).await.unwrap().0
}

async fn said(socket: &mut WebSocketStream<TcpStream>, text: &str) -> String {
    socket.send(tungstenite::Message::text(text)).await.unwrap();
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

#[tokio::test]
async fn an_upgraded_connection_outlives_every_timer_and_counts_as_active() {
    let short = Duration::from_millis(50);
    let server = local().await.with_idle_timeout(short).unwrap().with_head_timeout(short).unwrap();
    let running = start(server, router());
    let mut socket = open(&running).await;
    for word in ["one", "two", "three"] {
        assert_eq!(said(&mut socket, word).await, word);
        tokio::time::sleep(short * 3).await;
    }
    assert_eq!(running.stats.snapshot().active, 1);
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    drop(socket);
    running.until(|s| s.active == 0).await;
}

#[tokio::test]
async fn a_drain_leaves_it_until_the_deadline_and_cuts_it_then() {
    let server = local().await.with_drain_deadline(Duration::from_millis(300));
    let running = start(server, router());
    let mut socket = open(&running).await;
    assert_eq!(said(&mut socket, "before").await, "before");
    running.trigger.drain();
    assert_eq!(said(&mut socket, "during").await, "during");
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (0, 1));
    let ended = socket.next().await;
    assert!(!matches!(ended, Some(Ok(tungstenite::Message::Text(_)))), "{ended:?}");
}

#[tokio::test]
async fn one_that_says_goodbye_itself_is_finished() {
    let running = start(local().await, router());
    let mut socket = open(&running).await;
    assert_eq!(said(&mut socket, "hello").await, "hello");
    running.trigger.drain();
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    drop(socket);
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (1, 0));
}
