//! Every route under wrong paths, queries, methods and tokens.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeSet;

use serde_json::json;
use support::{Ask, Backend, check, fault, items, on_every_backend, problem, row};

on_every_backend! { paths_and_queries, ids, tokens, a_method_that_is_not_documented_is_told_which_are }

const ID: &str = "0199b1c8-8f3a-7cc0-b7f0-5a1f2f1b1c11";
const FREE: [(&str, &str); 2] =
    [("CAMPOTECH_RATE_AUTH", "5000/15m"), ("CAMPOTECH_RATE_STANDARD", "100000/1m")];

async fn paths_and_queries(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let long = format!("/api/v1/jobs?cursor={}", "a".repeat(10_000));
    let mut rows = vec![
        row("traversal", 400, Ask::new("GET", "/api/v1/jobs/../../etc/passwd")),
        row("encoded traversal", 400, Ask::new("GET", "/api/v1/jobs/%2e%2e%2f%2e%2e%2fetc")),
        row("doubly encoded traversal", 400, Ask::new("GET", "/api/v1/jobs/%252e%252e%252f")),
        row("NUL", 400, Ask::new("GET", "/api/v1/jobs/%00")),
        row("overlong UTF-8", 400, Ask::new("GET", "/api/v1/jobs/%c0%af")),
        row("NUL in the query", 400, Ask::new("GET", "/api/v1/jobs?cursor=%00")),
        row("long target", 414, Ask::new("GET", &long)),
        row("no such route", 404, Ask::new("GET", "/api/v2/hunter2")),
        row("handshake without parameters", 400, Ask::new("GET", "/webhooks/whatsapp")),
    ];
    for row in &mut rows {
        row.ask = row.ask.clone().bearer(&token);
    }
    check(&server, rows).await;
}

async fn ids(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = server.create_job(1, &token, "Antes").await;
    let own = job["id"].as_str().unwrap();
    let patch = json!({"status": "cancelled"});
    let routes = [("GET", "/api/v1/jobs"), ("PATCH", "/api/v1/jobs"), ("GET", "/api/v1/customers")];
    let bad = [
        "hunter2".to_owned(),
        "1".to_owned(),
        own.replace('-', ""),
        own.replace('-', "_"),
        own[..35].to_owned(),
        format!("{own}0"),
        format!("{own}%20"),
        format!("%7B{own}%7D"),
        format!("urn:uuid:{own}"),
        "%F0%9F%94%A7".to_owned(),
    ];
    let paths: Vec<_> =
        bad.iter().flat_map(|id| routes.map(|(m, list)| (m, format!("{list}/{id}")))).collect();
    let unknown = routes.map(|(method, list)| (method, format!("{list}/{ID}")));
    let ask = |method, path| {
        let ask = Ask::new(method, path).bearer(&token);
        if method == "PATCH" { ask.json(&patch) } else { ask }
    };
    let rows = paths
        .iter()
        .map(|(method, path)| fault(format!("{method} {path}"), 400, "uuid.invalid", ask(method, path)));
    let nobodys =
        unknown.iter().map(|(method, path)| row(format!("{method} {path}"), 404, ask(method, path)));
    check(&server, rows.chain(nobodys).collect()).await;
    assert_eq!(items(&server, &token, "/api/v1/jobs").await, [job]);
}

async fn tokens(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = server.create_job(1, &token, "Antes").await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let customer = format!("/api/v1/customers/{ID}");
    let mut rows = Vec::new();
    for (method, path, body) in [
        ("GET", "/api/v1/jobs", None),
        (
            "POST",
            "/api/v1/jobs",
            Some(json!({"title": "x", "customer_phone": "011 15 2345-6789", "priority": "low"})),
        ),
        ("GET", &path, None),
        ("PATCH", &path, Some(json!({"status": "cancelled"}))),
        ("GET", "/api/v1/customers", None),
        (
            "POST",
            "/api/v1/customers",
            Some(json!({"name": "B", "email": "b@example.com", "phone": "011 15 2345-6789"})),
        ),
        ("GET", &customer, None),
        ("GET", "/api/v1/events", None),
    ] {
        let ask = Ask::new(method, path);
        let ask = body.iter().fold(ask, Ask::json);
        for (name, ask) in [
            ("no token", ask.clone()),
            ("an unknown token", ask.clone().bearer("hunter2hunter2hunter2hunter2hunter2hunter2h")),
            ("half a token", ask.clone().bearer(&token[..42])),
            ("basic", ask.clone().header("authorization", "Basic aHVudGVyMg==")),
            ("a token without its scheme", ask.clone().header("authorization", &token)),
            ("two tokens", ask.bearer(&token).bearer(&token)),
        ] {
            rows.push(row(format!("{method} {path}: {name}"), 401, ask));
        }
    }
    check(&server, rows).await;
    assert_eq!(items(&server, &token, "/api/v1/jobs").await, [job]);
    assert!(items(&server, &token, "/api/v1/customers").await.is_empty());
}

async fn a_method_that_is_not_documented_is_told_which_are(backend: Backend) {
    let server = backend.server(&FREE).await;
    let document = server.json(Ask::new("GET", "/api/openapi.json"), 200).await;
    let mut refused = 0;
    for (path, documented) in document["paths"].as_object().unwrap() {
        let mut allowed: BTreeSet<_> =
            documented.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        if allowed.contains("GET") {
            allowed.insert("HEAD".to_owned());
        }
        let path = path.replace("{id}", ID);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let answer = server.ask(Ask::new(method, &path).from(7)).await;
            let status = answer.status.as_u16();
            assert_eq!(!allowed.contains(method), status == 405, "{method} {path} is answered {status}");
            if status != 405 {
                continue;
            }
            refused += 1;
            let told: Vec<_> = answer.headers["allow"].to_str().unwrap().split(',').map(str::trim).collect();
            assert_eq!(told.len(), allowed.len(), "{method} {path}: {told:?}, once each");
            assert_eq!(
                told.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
                allowed,
                "{method} {path}"
            );
            if method != "HEAD" {
                problem(&answer);
            }
        }
    }
    assert!(refused > 50, "{refused}");
}
