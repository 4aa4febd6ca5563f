//! API4, unrestricted resource consumption: no route without a quota, no page without an end, no body that grows.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::operation::{NOBODYS, operations};
use super::support::{Ask, Backend, Kind, connect_events, problem};
use super::world::World;

#[tokio::test]
async fn every_route_and_what_is_none_ends_at_a_quota() {
    let backend = Backend::new(Kind::Embedded).await;
    let quotas = ["CAMPOTECH_RATE_AUTH", "CAMPOTECH_RATE_STANDARD", "CAMPOTECH_RATE_WEBHOOK"]
        .map(|name| (name, "3/15m"));
    let server = backend.server(&quotas).await;
    let routes = operations(&server).await;
    let mut routes: Vec<_> =
        routes.iter().map(|operation| (operation.method.as_str(), operation.at(NOBODYS))).collect();
    routes.extend(["/", "/nothing", "/api/v1/nothing", "/favicon.ico"].map(|path| ("GET", path.to_owned())));
    routes.extend(["OPTIONS", "DELETE"].map(|method| (method, "/api/v1/jobs".to_owned())));
    for (n, (method, path)) in routes.iter().enumerate() {
        let ask = || Ask::new(method, path).from(100 + u8::try_from(n).unwrap());
        for _ in 0..3 {
            assert_ne!(server.ask(ask()).await.status, 429, "{method} {path}");
        }
        let refused = server.ask(ask()).await;
        assert_eq!(problem(&refused)["status"], 429, "{method} {path}");
        assert!(refused.headers.contains_key("retry-after"), "{method} {path}");
    }
}

#[tokio::test]
async fn no_page_is_larger_than_the_document_tells() {
    let world = World::new().await;
    let mut lists = 0;
    for operation in operations(&world.server).await {
        let parameters = operation.told["parameters"].as_array().cloned().unwrap_or_default();
        let limit = parameters.iter().find(|parameter| parameter["name"] == "limit");
        let many = operation.method == "GET"
            && operation.secured
            && !operation.has_id()
            && !operation.path.ends_with("events");
        assert_eq!(limit.is_some(), many, "{}: a list has a limit", operation.name());
        let Some(limit) = limit else { continue };
        let most = limit["schema"]["maximum"].as_u64().unwrap();
        assert!(most <= 100, "{}: {most}", operation.name());
        for limit in [
            (most + 1).to_string(),
            "0".into(),
            "-1".into(),
            "1e3".into(),
            "99999999999999999999".into(),
            "NaN".into(),
        ] {
            let path = format!("{}?limit={limit}", operation.path);
            let refused = world.server.ask(Ask::new("GET", &path).bearer(&world.beto)).await;
            assert_eq!(problem(&refused)["status"], 400, "{path}");
        }
        lists += 1;
    }
    assert!(lists >= 2);
}

/// A hundred megabytes of blanks, in a hundred kilobytes.
fn bomb() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let megabyte = vec![b' '; 1024 * 1024];
    for _ in 0..100 {
        gzip.write_all(&megabyte).unwrap();
    }
    gzip.finish().unwrap()
}

#[tokio::test]
async fn a_bomb_is_given_up_wherever_a_body_is_taken() {
    let world = World::new().await;
    let bomb = bomb();
    assert!(bomb.len() < 256 * 1024, "it is below the limit as it is sent");
    let mut sent = 0;
    for operation in operations(&world.server).await.iter().filter(|o| o.told.get("requestBody").is_some()) {
        let path = operation.at(NOBODYS);
        let ask =
            Ask::new(&operation.method, &path).bearer(&world.beto).header("content-type", "application/json");
        let refused = world.server.ask(ask.header("content-encoding", "gzip").body(&bomb)).await;
        let status = refused.status.as_u16();
        let expected = if operation.path.starts_with("/webhooks/") { 415 } else { 413 };
        assert_eq!(status, expected, "{}: {}", operation.name(), refused.text());
        sent += 1;
    }
    assert!(sent >= 6, "{sent}");
}

#[tokio::test]
async fn a_socket_that_is_only_told_things_takes_no_large_message() {
    let world = World::new().await;
    let bearer = [("authorization", format!("Bearer {}", world.beto))];
    let (mut socket, _) = connect_events(&world.server, &bearer).await.unwrap();
    // What it is sent may not be taken up to its end.
    let _ = socket.send(Message::Text("x".repeat(1024 * 1024).into())).await;
    let ended = async {
        loop {
            match socket.next().await {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => {}
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), ended).await.unwrap();
    world.server.metric_becomes("websocket_connections_active", 0.0).await;
}
