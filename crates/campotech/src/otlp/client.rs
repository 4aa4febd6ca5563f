//! The HTTP client of the exporter: blocking, on the exporter's own thread.

use std::io::Read;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;
use ureq::tls::{TlsConfig, TlsProvider};

/// What a collector may answer; it is read for its partial success only.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// A client with rustls, no proxy and no redirects.
#[derive(Debug)]
pub(super) struct BlockingClient(Agent);

impl BlockingClient {
    pub(super) fn new(timeout: Duration) -> Self {
        let tls = TlsConfig::builder().provider(TlsProvider::Rustls).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(timeout));
        Self(config.build().new_agent())
    }
}

// Asked by the batch processor's thread, which has nothing else to do.
#[async_trait]
impl HttpClient for BlockingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let (head, body) = self.0.run(Request::from_parts(head, body.to_vec()))?.into_parts();
        let mut answer = Vec::new();
        body.into_reader().take(LONGEST_ANSWER).read_to_end(&mut answer)?;
        Ok(Response::from_parts(head, Bytes::from(answer)))
    }
}
