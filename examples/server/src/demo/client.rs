//! An HTTP client with an address of its own, which counts what it sees.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::report::Report;

/// One client of the server.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    server: SocketAddr,
    from: Ipv4Addr,
    http: HyperClient<HttpConnector, Full<Bytes>>,
    report: Arc<Report>,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(&'static str);

impl Client {
    pub(crate) fn new(server: SocketAddr, from: Ipv4Addr, report: Arc<Report>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(from.into()));
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(2)));
        let http = HyperClient::builder(TokioExecutor::new()).build(connector);
        Self { server, from, http, report }
    }

    pub(crate) const fn server(&self) -> SocketAddr {
        self.server
    }

    pub(crate) const fn from(&self) -> Ipv4Addr {
        self.from
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, path, None, &[], Bytes::new()).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, path, Some(token), &[], Bytes::new()).await
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: &Value,
    ) -> Result<Answer, NoAnswer> {
        let headers = [("content-type", "application/json".to_owned())];
        self.send(method, path, token, &headers, body.to_string().into()).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.server));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body)).map_err(|_| NoAnswer("the request can't be built"))?;
        let started = Instant::now();
        let answer = tokio::time::timeout(Duration::from_secs(12), self.exchange(request)).await;
        let answer = answer.unwrap_or(Err(NoAnswer("no answer in time")));
        match &answer {
            Ok(answer) => self.report.answered(answer.status, started.elapsed()),
            Err(_) => self.report.unanswered(),
        }
        answer
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let response = self.http.request(request).await.map_err(|_| NoAnswer("the connection failed"))?;
        let (parts, body) = response.into_parts();
        let body =
            Limited::new(body, 4 << 20).collect().await.map_err(|_| NoAnswer("the answer broke off"))?;
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}
