//! Sentry's HTTP interface, as little of it as is needed.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// A way to one Sentry.
pub struct Api {
    agent: Agent,
    base: String,
    token: String,
}

/// A request that did not work. The token is never part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No answer.
    #[error("{method} {path}: no answer")]
    NoAnswer {
        /// What was asked.
        method: &'static str,
        /// Where.
        path: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// Another answer than 2xx.
    #[error("{method} {path}: {status} {body}")]
    Refused {
        /// What was asked.
        method: &'static str,
        /// Where.
        path: String,
        /// The status.
        status: u16,
        /// The beginning of the answer, which names the field that is wrong.
        body: String,
    },
    /// The answer is no JSON.
    #[error("{method} {path}: the answer is no JSON")]
    NoJson {
        /// What was asked.
        method: &'static str,
        /// Where.
        path: String,
    },
}

/// How much of a refusal is shown.
const SHOWN: usize = 400;

impl Api {
    /// The Sentry at `url`, such as `https://sentry.io`.
    #[must_use]
    pub fn new(url: &str, token: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(30))).build().into();
        Self { agent, base: format!("{}/api/0", url.trim_end_matches('/')), token: token.trim().to_owned() }
    }

    /// Reads.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn get(&self, path: &str) -> Result<Value, ApiError> {
        let request = self.agent.get(format!("{}{path}", self.base));
        answer("GET", path, request.header("Authorization", self.bearer()).call())
    }

    /// Makes.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", self.bearer());
        answer("POST", path, request.content_type("application/json").send(body.to_string()))
    }

    /// Replaces.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let request = self.agent.put(format!("{}{path}", self.base)).header("Authorization", self.bearer());
        answer("PUT", path, request.content_type("application/json").send(body.to_string()))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn answer(
    method: &'static str,
    path: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, ApiError> {
    let failed =
        |source: ureq::Error| ApiError::NoAnswer { method, path: path.to_owned(), source: Box::new(source) };
    let mut answer = answer.map_err(failed)?;
    let (status, body) = (answer.status(), answer.body_mut().read_to_string().map_err(failed)?);
    if !status.is_success() {
        let body = body.chars().take(SHOWN).collect();
        return Err(ApiError::Refused { method, path: path.to_owned(), status: status.as_u16(), body });
    }
    if body.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&body).map_err(|_| ApiError::NoJson { method, path: path.to_owned() })
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}
