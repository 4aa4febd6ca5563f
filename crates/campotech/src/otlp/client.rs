//! The HTTP client of the exporter: blocking, on the exporter's own thread.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use ureq::Agent;
use ureq::tls::{TlsConfig, TlsProvider};

use super::queue::Counts;

/// What a collector may answer; it is read for its partial success only.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// A client with rustls, no proxy and no redirects.
#[derive(Debug)]
pub(super) struct BlockingClient {
    agent: Agent,
    counts: Arc<Counts>,
}

impl BlockingClient {
    pub(super) fn new(timeout: Duration, counts: Arc<Counts>) -> Self {
        let tls = TlsConfig::builder().provider(TlsProvider::Rustls).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(timeout));
        Self { agent: config.build().new_agent(), counts }
    }
}

// Asked by the batch processor's thread, which has nothing else to do.
#[async_trait]
impl HttpClient for BlockingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let (head, body) = self.agent.run(Request::from_parts(head, body.to_vec()))?.into_parts();
        let mut answer = Vec::new();
        body.into_reader().take(LONGEST_ANSWER).read_to_end(&mut answer)?;
        self.counts.rejected(if head.status.is_success() { rejected(&answer) } else { 0 });
        Ok(Response::from_parts(head, Bytes::from(answer)))
    }
}

/// How many spans a collector that took the others says it has not taken; the exporter only logs it.
fn rejected(answer: &[u8]) -> u64 {
    let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    answer.partial_success.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0))
}
