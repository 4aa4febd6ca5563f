//! API9, inventory: what is served is in the document, and what others forget on their servers is not here. That the
//! document has every route of the router is `contract.rs`'s.

use super::operation::operations;
use super::support::{Ask, problem};
use super::world::World;

/// Versions and tools that were never meant to be there.
const FORGOTTEN: [&str; 43] = [
    "/api",
    "/api/",
    "/api/v1",
    "/api/v0/jobs",
    "/api/v2/jobs",
    "/api/jobs",
    "/v1/jobs",
    "/v2/jobs",
    "/beta/api/v1/jobs",
    "/internal/jobs",
    "/api/v1/users",
    "/api/v1/users/me",
    "/api/v1/me",
    "/api/v1/admin",
    "/api/v1/sessions",
    "/api/v1/messages",
    "/api/v1/debug",
    "/api/v1/export",
    "/admin",
    "/administrator",
    "/login",
    "/console",
    "/debug/vars",
    "/debug/pprof",
    "/actuator",
    "/actuator/env",
    "/swagger",
    "/swagger.json",
    "/swagger-ui",
    "/openapi.json",
    "/openapi.yaml",
    "/api/v1/openapi.json",
    "/api-docs",
    "/graphql",
    "/.env",
    "/.git/config",
    "/robots.txt",
    "/server-status",
    "/phpinfo.php",
    "/wp-login.php",
    "/backup.sql",
    "/config.json",
    "/index.html",
];

#[tokio::test]
async fn what_is_forgotten_elsewhere_is_not_here() {
    let world = World::new().await;
    for path in FORGOTTEN {
        for method in ["GET", "POST"] {
            let answer = world.server.ask(Ask::new(method, path).bearer(&world.beto)).await;
            let status = problem(&answer)["status"].as_u64().unwrap();
            assert!(matches!(status, 400 | 404), "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn there_is_one_version_and_every_operation_says_who_may_call_it_and_how_it_refuses() {
    let world = World::new().await;
    for operation in operations(&world.server).await {
        let name = operation.name();
        let path = &operation.path;
        let versioned = path.starts_with("/api/v1/");
        assert!(
            versioned || matches!(path.as_str(), "/webhooks/whatsapp" | "/api/openapi.json" | "/api/docs"),
            "{name}"
        );
        assert_ne!(
            operation.told["deprecated"], true,
            "{name}: what is deprecated has a day on which it ends"
        );
        let responses = operation.told["responses"].as_object().unwrap();
        assert!(responses.contains_key("429"), "{name} has a quota");
        assert!(!operation.secured || responses.contains_key("401"), "{name}");
        assert!(!operation.has_id() || responses.contains_key("404"), "{name}");
        let body = operation.told.get("requestBody").is_some();
        for status in ["413", "415"] {
            assert_eq!(body, responses.contains_key(status), "{name}: {status}");
        }
    }
}
