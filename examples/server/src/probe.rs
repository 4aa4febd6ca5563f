//! Asks a health URL, for containers that have no curl.

use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

const DEADLINE: Duration = Duration::from_secs(5);

/// Why the answer was not 200, as one line that does not repeat the URL.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The URL is not one to probe.
    #[error("the URL must be http://HOST:PORT/PATH")]
    Url,
    /// No answer in time.
    #[error("no answer within 5 s")]
    Timeout,
    /// No connection, or no HTTP on it.
    #[error("no answer")]
    NoAnswer,
    /// Another status.
    #[error("answered {0}")]
    Status(http::StatusCode),
}

/// Asks once.
///
/// # Errors
/// If the answer is anything but 200 within five seconds.
pub async fn run(url: &str) -> Result<(), ProbeError> {
    let uri: Uri = url.parse().map_err(|_| ProbeError::Url)?;
    if uri.scheme_str() != Some("http") || uri.host().is_none() {
        return Err(ProbeError::Url);
    }
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(DEADLINE, client.get(uri)).await.map_err(|_| ProbeError::Timeout)?;
    match answer.map_err(|_| ProbeError::NoAnswer)?.status() {
        http::StatusCode::OK => Ok(()),
        status => Err(ProbeError::Status(status)),
    }
}
