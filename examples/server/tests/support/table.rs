//! Tables of requests that are refused.

use std::time::Duration;

use campotech_testkit::RawResponse;
use serde_json::{Value, json};

use super::{Ask, Server, problem};

/// A request, and what must come of it.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    pub(crate) ask: Ask<'a>,
    pub(crate) status: u16,
    /// A code of the problem's `errors`.
    pub(crate) code: Option<&'a str>,
}

/// A row without a code of a fault.
pub(crate) fn row<'a>(name: impl Into<String>, status: u16, ask: Ask<'a>) -> Row<'a> {
    Row { name: name.into(), ask, status, code: None }
}

/// A row with one.
pub(crate) fn fault<'a>(name: impl Into<String>, status: u16, code: &'a str, ask: Ask<'a>) -> Row<'a> {
    Row { name: name.into(), ask, status, code: Some(code) }
}

/// Asks them all, each from the next of a hundred addresses.
pub(crate) async fn check(server: &Server, rows: Vec<Row<'_>>) {
    for (n, Row { name, ask, status, code }) in rows.into_iter().enumerate() {
        let ask = ask.from(100 + u8::try_from(n % 100).unwrap());
        let mut response = server.ask(ask.clone()).await;
        // Hashing has a cap for all clients together, which stands before the body is looked at: come back, as it says.
        for _ in 0..100 {
            if status == 503 || response.status != 503 || !response.headers.contains_key("retry-after") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            response = server.ask(ask.clone()).await;
        }
        refused(&name, &response, status, code);
    }
}

fn refused(name: &str, response: &RawResponse, status: u16, code: Option<&str>) {
    assert_eq!(response.status, status, "{name}: {}", response.text());
    let problem = problem(response);
    assert!(!response.text().contains("hunter2"), "{name} is echoed");
    let codes: Vec<_> = problem["errors"].as_array().into_iter().flatten().map(|e| &e["code"]).collect();
    assert!(status != 422 || code.is_some(), "{name}: a 422 names its code, here one of {codes:?}");
    if let Some(code) = code {
        assert!(codes.contains(&&json!(code)), "{name}: {codes:?} lacks {code}");
    }
    if status == 415 && code.is_some() {
        let header = if codes[0].as_str().is_some_and(|c| c.starts_with("content_type")) {
            "accept"
        } else {
            "accept-encoding"
        };
        assert!(response.headers.contains_key(header), "{name}: what would be taken");
    }
}

/// The items of a list.
pub(crate) async fn items(server: &Server, token: &str, path: &str) -> Vec<Value> {
    let list = server.json(Ask::new("GET", path).bearer(token), 200).await;
    assert_eq!(list["next"], Value::Null, "one page");
    list["items"].as_array().unwrap().clone()
}
