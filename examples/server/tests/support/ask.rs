//! One request, written down, and what a refusal looks like.

use campotech_testkit::RawResponse;
use serde_json::Value;

/// One request, written down.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) from: u8,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: Vec<u8>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(method: &'a str, path: &'a str) -> Self {
        Self { method, path, from: 1, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn from(mut self, host: u8) -> Self {
        self.from = host;
        self
    }

    pub(crate) fn header(mut self, name: &'a str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Without any header of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| *n != name);
        self
    }

    pub(super) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: campotech.test\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() && !self.headers.iter().any(|(name, _)| *name == "transfer-encoding") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head + "\r\n"
    }
}

/// The problem of a refusal; asserts what every refusal has.
pub(crate) fn problem(response: &RawResponse) -> Value {
    assert_eq!(
        response.headers.get("content-type").map(http::HeaderValue::as_bytes),
        Some(b"application/problem+json".as_slice()),
        "{} {}",
        response.status,
        response.text()
    );
    let problem: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(problem["status"], response.status.as_u16());
    let id = response.headers["x-request-id"].to_str().unwrap();
    assert_eq!(problem["instance"], format!("urn:campotech:request:{id}"));
    assert!(problem["type"].is_string() && problem["title"].is_string() && problem["detail"].is_string());
    problem
}
