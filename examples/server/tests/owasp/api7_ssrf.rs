//! API7, server side request forgery: nothing of a request is an address to the server.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::operation::{documented, operations};
use super::support::{Ask, text_message, voice_message};
use super::world::World;

#[tokio::test]
async fn no_body_has_a_member_for_an_address() {
    let world = World::new().await;
    let (document, operations) = documented(&world.server).await;
    let schemas = &document["components"]["schemas"];
    for schema in operations.iter().filter_map(|operation| operation.body.as_ref()) {
        for (name, told) in schemas[schema]["properties"].as_object().unwrap() {
            let format = told["format"].as_str().unwrap_or_default();
            assert!(
                !matches!(format, "uri" | "uri-reference" | "iri" | "hostname" | "ipv4" | "ipv6"),
                "{schema}: {name}"
            );
            assert!(
                !["url", "uri", "href", "link", "callback", "host"].iter().any(|part| name.contains(part)),
                "{schema}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_is_called_whatever_is_written() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/latest/meta-data/", trap.local_addr().unwrap());
    let world = World::new().await;
    let mut sent = 0;
    for operation in operations(&world.server).await {
        let Some(sample) = operation.sample() else { continue };
        for member in sample.as_object().unwrap().keys() {
            let mut body = sample.clone();
            body[member] = json!(url);
            send(&world, &operation.method, &operation.at(super::operation::NOBODYS), &url, &body).await;
            sent += 1;
        }
        send(&world, &operation.method, &operation.at(super::operation::NOBODYS), &url, &sample).await;
    }
    assert!(sent >= 10, "{sent}");
    // What is looked at later, by a worker.
    for message in
        [text_message("wamid.1", "5491123456789", &url), voice_message("wamid.2", "5491123456789", &url)]
    {
        assert_eq!(world.server.ask(world.server.callback(&message)).await.status, 200);
    }
    world.server.metric_becomes(r#"voice_messages_processed_total{outcome="done"}"#, 1.0).await;
    world.server.metric_becomes(r#"jobs_processed_total{kind="text",outcome="done"}"#, 1.0).await;
    let called = tokio::time::timeout(std::time::Duration::from_millis(500), trap.accept()).await;
    assert!(called.is_err(), "somebody called");
}

async fn send(world: &World, method: &str, path: &str, url: &str, body: &Value) {
    let ask = Ask::new(method, path).bearer(&world.beto).json(body);
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let headers =
        ["origin", "referer", "x-forwarded-host", "x-original-url", "x-callback-url", "profile", "link"];
    let ask = headers
        .iter()
        .fold(ask, |ask, name| ask.header(name, if *name == "x-forwarded-host" { host } else { url }));
    let status = world.server.ask(ask).await.status.as_u16();
    assert!(status < 500, "{method} {path}: {status}");
}
