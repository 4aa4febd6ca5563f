//! What handlers answer, as clients see it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use axum::response::{AppendHeaders, Html, IntoResponse};
use axum::routing::{get, post};
use axum::{Json, Router};
use campotech::core::{Problem, kinds};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::Value;
use support::{platform, start};

fn routes() -> Router {
    Router::new()
        .route("/framework", post(|Json(body): Json<[u32; 2]>| async move { body[0].to_string() }))
        .route("/page", get(|| async { (StatusCode::BAD_GATEWAY, Html("<p>sorry</p>")) }))
        .route("/bare", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route(
            "/cookies",
            get(|| async {
                let cookies = AppendHeaders([(SET_COOKIE, "a=1"), (SET_COOKIE, "b=2")]);
                (cookies, Problem::new(&kinds::CONFLICT)).into_response()
            }),
        )
}

#[tokio::test]
async fn a_framework_s_rejection_becomes_a_problem_without_the_input() {
    let running = start(platform(&[]), routes()).await;
    let head = "POST /framework HTTP/1.1\ncontent-type: application/json";
    let response = running.ask(head, r#"["hunter2", 1]"#).await;
    assert_eq!(response.status, 422);
    assert_eq!(response.headers["content-type"], "application/problem+json");
    assert!(!response.text().contains("hunter2"), "{}", response.text());
}

#[tokio::test]
async fn what_a_handler_says_beside_its_problem_is_kept() {
    let running = start(platform(&[]), routes()).await;
    let response = running.get("/cookies").await;
    let cookies: Vec<_> = response.headers.get_all(SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.headers["vary"], "accept-language");
    assert_eq!(response.headers.get_all("content-type").iter().count(), 1);
}

#[tokio::test]
async fn a_bare_refusal_gets_a_body_and_a_page_stays_a_page() {
    let running = start(platform(&[]), routes()).await;
    let bare = running.get("/bare").await;
    assert_eq!(bare.status, 400, "a kind that is not ours becomes the nearest one of ours");
    let problem: Value = serde_json::from_slice(&bare.body).unwrap();
    assert_eq!(problem["status"], 400);
    let page = running.get("/page").await;
    assert_eq!((page.status.as_u16(), page.text().as_str()), (502, "<p>sorry</p>"));
}
