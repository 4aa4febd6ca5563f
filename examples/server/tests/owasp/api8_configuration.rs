//! API8, misconfiguration: headers on every answer, no origin that nobody listed, nothing of the inside in a refusal.

use campotech_testkit::RawResponse;
use serde_json::json;

use super::operation::{NOBODYS, operations};
use super::support::Ask;
use super::world::World;

/// What answers never tell: who answers, and where in the sources or in which store it went wrong.
const INSIDE: [&str; 12] = [
    "panicked",
    ".rs",
    "src/",
    "/home/",
    "stack",
    "backtrace",
    "postgres",
    "redb",
    "axum",
    "hyper",
    "serde",
    "tokio",
];

fn hardened(name: &str, answer: &RawResponse) {
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let has = |header: &Option<String>, part: &str| header.as_ref().is_some_and(|value| value.contains(part));
    assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{name}");
    assert!(has(&header("content-security-policy"), "default-src 'none'"), "{name}: {:?}", answer.headers);
    assert!(
        header("referrer-policy").is_some() && header("cross-origin-resource-policy").is_some(),
        "{name}"
    );
    assert!(header("x-request-id").is_some(), "{name}");
    for told in ["server", "x-powered-by", "via", "set-cookie"] {
        assert_eq!(header(told), None, "{name}");
    }
    assert_eq!(header("access-control-allow-origin"), None, "{name}");
    let problem = has(&header("content-type"), "application/problem+json");
    assert_eq!(answer.status.as_u16() >= 400, problem, "{name}: {}", answer.status);
    if problem {
        assert!(has(&header("cache-control"), "no-store"), "{name}: {:?}", answer.headers);
        for inside in INSIDE {
            assert!(!answer.text().contains(inside), "{name} tells {inside}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn every_answer_is_hardened_and_tells_nothing_of_the_inside() {
    let world = World::new().await;
    let mut answers = 0;
    for operation in operations(&world.server).await {
        let (name, path) = (operation.name(), operation.at(NOBODYS));
        let wrong = format!("{path}?limit=0&cursor=%25&hub.mode=x");
        for (how, ask) in [
            ("as it is", operation.ask(&path).bearer(&world.ana)),
            ("without a token", operation.ask(&path)),
            ("a wrong query", operation.ask(&wrong).bearer(&world.ana)),
            (
                "half a body",
                Ask::new(&operation.method, &path)
                    .bearer(&world.ana)
                    .header("content-type", "application/json")
                    .body("{\""),
            ),
            (
                "a body of another type",
                Ask::new(&operation.method, &path)
                    .bearer(&world.ana)
                    .header("content-type", "text/xml")
                    .body("<a/>"),
            ),
            (
                "a wrong body",
                Ask::new(&operation.method, &path).bearer(&world.ana).json(&json!({"hunter2": []})),
            ),
            ("a wrong method", Ask::new("BREW", &path).bearer(&world.ana)),
            ("an odd path", Ask::new(&operation.method, "/api/v1/%ff").bearer(&world.ana)),
        ] {
            let ask = ask.header("origin", "https://evil.example.com");
            let answer = world.server.ask(ask).await;
            assert!(answer.status.as_u16() < 500, "{name}, {how}: {}", answer.text());
            hardened(&format!("{name}, {how}"), &answer);
            answers += 1;
        }
    }
    assert!(answers > 100, "{answers}");
}

#[tokio::test]
async fn no_route_answers_another_origin_that_asks_first() {
    let world = World::new().await;
    for operation in operations(&world.server).await {
        let path = operation.at(NOBODYS);
        for origin in
            ["https://evil.example.com", "null", "http://127.0.0.1", "http://campotech.test.evil.example.com"]
        {
            let ask = Ask::new("OPTIONS", &path)
                .header("origin", origin)
                .header("access-control-request-method", &operation.method)
                .header("access-control-request-headers", "authorization");
            let answer = world.server.ask(ask).await;
            let told: Vec<_> =
                answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
            assert!(told.is_empty(), "{} to {origin}: {told:?}", operation.name());
        }
    }
}
