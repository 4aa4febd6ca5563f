//! What Prometheus is asked.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

/// Asks a Prometheus.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
}

/// A question without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No answer, or none that can be read.
    #[error("Prometheus does not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that is a refusal.
    #[error("Prometheus refuses: {0}")]
    Refused(String),
}

impl Client {
    /// Of the server at `addr`.
    #[must_use]
    pub fn new(addr: SocketAddr) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Self { base: format!("http://{addr}"), agent }
    }

    /// The result of an expression at `time` (seconds since 1970), or now.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn instant(&self, expr: &str, time: Option<f64>) -> Result<Vec<Value>, QueryError> {
        let mut words = vec![("query", expr.to_owned())];
        words.extend(time.map(|time| ("time", time.to_string())));
        results(self.get("/api/v1/query", words).await?)
    }

    /// The result of an expression from `start` to `end`, a point every `step` seconds.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn range(&self, expr: &str, start: f64, end: f64, step: f64) -> Result<Vec<Value>, QueryError> {
        let words = [("start", start), ("end", end), ("step", step)].map(|(name, n)| (name, n.to_string()));
        let words = words.into_iter().chain([("query", expr.to_owned())]).collect();
        results(self.get("/api/v1/query_range", words).await?)
    }

    /// Every metric there is.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn metrics(&self) -> Result<BTreeSet<String>, QueryError> {
        let names = self.get("/api/v1/label/__name__/values", Vec::new()).await?;
        let names = names.as_array().into_iter().flatten();
        Ok(names.filter_map(|name| Some(name.as_str()?.to_owned())).collect())
    }

    /// Reads a path of the API.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn get(&self, path: &str, words: Vec<(&'static str, String)>) -> Result<Value, QueryError> {
        let (agent, url) = (self.agent.clone(), format!("{}{path}", self.base));
        let asked = tokio::task::spawn_blocking(move || ask(&agent, &url, &words)).await;
        asked.map_err(|why| QueryError::Away(why.into()))?
    }
}

fn ask(agent: &ureq::Agent, url: &str, words: &[(&'static str, String)]) -> Result<Value, QueryError> {
    let mut request = agent.get(url);
    for (name, value) in words {
        request = request.query(name, value);
    }
    let mut response = request.call().map_err(|why| QueryError::Away(why.into()))?;
    let text = response.body_mut().read_to_string().map_err(|why| QueryError::Away(why.into()))?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|why| QueryError::Away(why.into()))?;
    if answer["status"] == "success" {
        return Ok(answer["data"].take());
    }
    Err(QueryError::Refused(answer["error"].as_str().unwrap_or("without a reason").to_owned()))
}

/// The series of a vector or matrix; a scalar is one, with its value.
fn results(mut data: Value) -> Result<Vec<Value>, QueryError> {
    let result = data["result"].take();
    match (data["resultType"].as_str(), result) {
        (Some("vector" | "matrix"), Value::Array(series)) => Ok(series),
        (Some("scalar"), value) => Ok(vec![serde_json::json!({"metric": {}, "value": value})]),
        _ => Err(QueryError::Refused("an answer of an unknown kind".to_owned())),
    }
}
