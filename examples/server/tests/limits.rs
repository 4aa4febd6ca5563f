//! Who is limited, and who isn't.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{Ask, Backend, Server, on_every_backend, problem};

on_every_backend! { the_eleventh_login_of_a_network_is_refused_whatever_it_says_of_itself, clients_behind_a_trusted_proxy_are_told_apart, an_account_has_ten_failures_wherever_they_come_from, ten_logins_at_once_pass }

fn login<'a>(n: u32) -> Ask<'a> {
    let body = json!({"email": format!("nadie{n}@example.com"), "password": "una frase que no es"});
    Ask::new("POST", "/api/v1/auth/login").from(9).json(&body)
}

/// Waits until decisions are the store's: a server is ready before its connection to Redis is, and counts alone until then.
async fn shared(server: &Server) {
    let alone = r#"rate_limit_decisions_total{tier="standard",decision="store_error"}"#;
    for _ in 0..200 {
        let before = server.metric(alone).await;
        server.get(200, "/api/v1/jobs").await;
        if server.metric(alone).await == before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("Redis is never asked")
}

async fn the_eleventh_login_of_a_network_is_refused_whatever_it_says_of_itself(backend: Backend) {
    let server = backend.server(&[]).await;
    shared(&server).await;
    for n in 0..10 {
        let answer = server.ask(login(n)).await;
        assert_eq!(answer.status, 401, "{n}");
        assert_eq!(answer.headers["ratelimit-policy"], "\"auth\";q=10;w=900");
        assert!(
            answer.headers["ratelimit"].to_str().unwrap().starts_with(&format!("\"auth\";r={};t=", 9 - n))
        );
    }
    for n in 10..16 {
        let spoofed = login(n)
            .header("x-forwarded-for", &format!("203.0.113.{n}"))
            .header("forwarded", &format!("for=203.0.113.{n}"))
            .header("x-real-ip", &format!("203.0.113.{n}"));
        let refused = server.ask(spoofed).await;
        let problem = problem(&refused);
        assert_eq!(problem["status"], 429);
        assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
        assert_eq!(problem["violated-policies"], json!(["auth"]));
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
    }
    // Spelt otherwise, it is the same route.
    for path in ["/api/v1/auth/login/", "/api/v1/%61uth/login"] {
        let status = server.ask(Ask { path, ..login(20) }).await.status;
        assert_eq!(status, 429, "{path}");
    }
    assert_eq!(server.ask(login(30).from(10)).await.status, 401, "another network");
    let limited = r#"rate_limit_decisions_total{tier="auth",decision="limited"}"#;
    assert_eq!(server.metric(limited).await, Some(8.0));
}

async fn clients_behind_a_trusted_proxy_are_told_apart(backend: Backend) {
    let server = backend.server(&[("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.9")]).await;
    for client in 1..=12 {
        for n in 0..11 {
            let forged = format!("198.51.100.{n}, 203.0.113.{client}");
            let answer = server.ask(login(client * 100 + n).header("x-forwarded-for", &forged)).await;
            assert_eq!(answer.status, if n < 10 { 401 } else { 429 }, "client {client}, request {n}");
        }
    }
}

async fn an_account_has_ten_failures_wherever_they_come_from(backend: Backend) {
    let server = backend.server(&[]).await;
    server.log_in(1, "ana@example.com").await;
    let guess = |from: u8, password: &str| {
        let body = json!({"email": "Ana@example.com", "password": password});
        Ask::new("POST", "/api/v1/auth/login").from(from).json(&body)
    };
    for from in 20..30 {
        assert_eq!(server.ask(guess(from, "una frase que no es")).await.status, 401);
    }
    let refused = server.ask(guess(30, support::PASSWORD)).await;
    assert_eq!(problem(&refused)["violated-policies"], json!(["account"]));
    assert!(refused.headers.contains_key("retry-after"));
}

async fn ten_logins_at_once_pass(backend: Backend) {
    let server = backend.server(&[]).await;
    server.log_in(1, "ana@example.com").await;
    let body = json!({"email": "ana@example.com", "password": support::PASSWORD});
    let asks = (0..10).map(|n| server.ask(Ask::new("POST", "/api/v1/auth/login").from(20 + n).json(&body)));
    for answer in futures_util::future::join_all(asks).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}
