//! API5, function level authorisation: who may call what. There are three that the server tells apart: a stranger, somebody
//! with a token, and WhatsApp, who signs.

use std::collections::BTreeSet;

use serde_json::json;

use super::operation::{Operation, operations};
use super::support::{Ask, Backend, Kind, text_message};
use super::world::World;

/// What a stranger may call, all of it.
const OPEN: [&str; 6] = [
    "GET /api/docs",
    "GET /api/openapi.json",
    "GET /webhooks/whatsapp",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/register",
    "POST /webhooks/whatsapp",
];

#[tokio::test]
async fn each_may_call_what_the_document_tells_and_nothing_else() {
    let world = World::new().await;
    let operations = operations(&world.server).await;
    let open: BTreeSet<_> = operations.iter().filter(|o| !o.secured).map(Operation::name).collect();
    assert_eq!(open, OPEN.map(str::to_owned).into(), "a route without a token is thought about here first");
    let signed = world.server.callback(&text_message("wamid.5", "5491123456789", "Hola"));
    for operation in &operations {
        let (name, path) =
            (operation.name(), operation.at(if operation.has_id() { world.id(operation) } else { "" }));
        let stranger = world.server.ask(operation.ask(&path)).await.status.as_u16();
        let callback = name == "POST /webhooks/whatsapp";
        assert_eq!(stranger == 401, operation.secured || callback, "{name} by a stranger: {stranger}");
        let member = world.server.ask(operation.ask(&path).bearer(&world.beto)).await.status.as_u16();
        assert_eq!(member == 401, callback, "{name} by a member: {member}");
        assert!(!operation.has_id() || member == 404, "{name} by a member: {member}");
        let meta = Ask { method: &operation.method, path: &path, ..signed.clone() };
        let meta = world.server.ask(meta).await.status.as_u16();
        assert_eq!(meta == 401, operation.secured, "{name} by WhatsApp: {meta}");
    }
    assert_eq!(
        world.server.json(Ask::new("GET", "/api/v1/jobs?status=cancelled").bearer(&world.ana), 200).await["items"],
        json!([])
    );
}

#[tokio::test]
async fn what_operators_call_is_not_on_the_public_side() {
    let world =
        World::on(Backend::new(Kind::Embedded).await, &[("CAMPOTECH_ADMIN_LISTEN", "127.0.0.1:0")]).await;
    for (method, path) in [
        ("GET", "/metrics"),
        ("GET", "/status"),
        ("GET", "/health/components/store"),
        ("GET", "/debug/pprof/profile"),
        ("GET", "/maintenance"),
        ("PUT", "/maintenance"),
        ("DELETE", "/maintenance"),
    ] {
        for path in [
            path.to_owned(),
            format!("/{path}"),
            format!("{path}/"),
            path.to_uppercase(),
            format!("/api/v1/..{path}"),
        ] {
            let status = world.server.ask(Ask::new(method, &path).bearer(&world.beto)).await.status.as_u16();
            assert!(matches!(status, 400 | 404), "{method} {path}: {status}");
        }
    }
    let health = world.server.get(3, "/health").await.text();
    assert!(!health.contains("components") && !health.contains("version"), "{health}");
}

#[tokio::test]
async fn a_method_is_what_the_request_line_says() {
    let world = World::new().await;
    let path = format!("/api/v1/jobs/{}", world.job["id"].as_str().unwrap());
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let body = json!({"status": "cancelled"});
        let get = Ask::new("GET", &path).bearer(&world.ana).header(name, "PATCH").json(&body);
        assert!(matches!(world.server.ask(get).await.status.as_u16(), 200 | 400), "{name}");
        let post = Ask::new("POST", &path).bearer(&world.ana).header(name, "PATCH").json(&body);
        assert_eq!(world.server.ask(post).await.status, 405, "{name}");
    }
    world.is_unchanged().await;
}
