//! A collector: decodes what it is sent, or behaves badly.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use campotech_testkit::HyperServer;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tower::service_fn;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// Takes the request and says nothing.
    Frozen,
    /// 429 with an hour to wait.
    Busy,
    /// 503, so that the batch is sent again.
    Broken,
    /// Takes all but one span of each request, and says so.
    Picky,
    /// 200, and bytes that are no answer.
    Garbage,
}

#[derive(Clone, Default)]
pub(crate) struct Received(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

pub(crate) struct Collector {
    server: HyperServer,
    pub(crate) received: Received,
}

impl Collector {
    pub(crate) async fn start(mood: Mood) -> Self {
        let received = Received::default();
        let kept = received.clone();
        let service = service_fn(move |request: Request<Incoming>| answer(mood, request, kept.clone()));
        Self { server: HyperServer::start(service).await, received }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.addr())
    }
}

async fn answer(
    mood: Mood,
    request: Request<Incoming>,
    kept: Received,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.uri().path(), "/v1/traces");
    assert_eq!(request.headers()["content-type"], "application/x-protobuf");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    kept.0.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
    let answer = |status: u16, body: &'static [u8]| {
        Response::builder().status(status).header("retry-after", "3600").body(Full::from(body)).unwrap()
    };
    Ok(match mood {
        Mood::Fine => answer(200, b""),
        Mood::Frozen => std::future::pending().await,
        Mood::Busy => answer(429, b""),
        Mood::Broken => answer(500, b""),
        Mood::Picky => {
            let partial =
                ExportTracePartialSuccess { rejected_spans: 1, error_message: "too odd".to_owned() };
            let told = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
            answer(200, b"").map(|_| Full::from(told))
        }
        Mood::Garbage => answer(200, b"\xff\xff\xff\xff<html>"),
    })
}

impl Received {
    pub(crate) fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.requests();
        let resources = requests.into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// The first such span, once it is there.
    pub(crate) async fn span(&self, wanted: impl Fn(&Span) -> bool) -> Span {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(span) = self.spans().into_iter().find(&wanted) {
                return span;
            }
            let names: Vec<_> = self.spans().into_iter().map(|span| span.name).collect();
            assert!(Instant::now() < deadline, "not among {names:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Attributes as text, in the order of their keys.
pub(crate) fn texts(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let mut texts: Vec<_> = attributes.iter().map(|pair| (pair.key.clone(), text(&pair.value))).collect();
    texts.sort();
    texts
}

pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
