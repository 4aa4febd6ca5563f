//! The service under the layers, and the requests that it gets.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use campotech_core::Route;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::BodyExt;
use tokio::runtime::{Builder, Runtime};
use tower::{Service, ServiceExt};

use crate::Subject;

/// Answers at once, with a small body.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl<B> Service<Request<B>> for Nothing {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        black_box(&request);
        let mut response = Response::new(Body::from(r#"{"status":"ok","n":12345}"#));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        ready(Ok(response))
    }
}

fn base(method: Method, path: &'static str, route: &'static OnceLock<Arc<str>>, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_static(path);
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("127.0.0.1:4000"));
    headers.insert(USER_AGENT, HeaderValue::from_static("bench/1.0"));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    let extensions = request.extensions_mut();
    extensions.insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
    extensions.insert(Route(route.get_or_init(|| Arc::from(path)).clone()));
    request
}

/// A request without a body.
pub fn get() -> Request<Body> {
    static ROUTE: OnceLock<Arc<str>> = OnceLock::new();
    base(Method::GET, "/api/ping", &ROUTE, Body::empty())
}

/// A request with a small body.
pub fn post() -> Request<Body> {
    static ROUTE: OnceLock<Arc<str>> = OnceLock::new();
    const BODY: &str = r#"{"status":"done"}"#;
    let mut request = base(Method::POST, "/api/jobs", &ROUTE, Body::from(BODY));
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("17"));
    request
}

/// A runtime of this thread.
///
/// # Panics
/// The system has none.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Sends `request` to clones of `service`, as a server does, each to the end of the body of its answer.
pub fn driven<S, B>(service: S, request: fn() -> Request<Body>) -> Subject
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + 'static,
    S::Error: std::fmt::Debug,
    B: http_body::Body + Unpin,
{
    driven_on(runtime(), service, request)
}

/// The same on a runtime that `service` has parts on.
pub fn driven_on<S, B>(runtime: Runtime, service: S, request: fn() -> Request<Body>) -> Subject
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + 'static,
    S::Error: std::fmt::Debug,
    B: http_body::Body + Unpin,
{
    Box::new(move |requests| {
        runtime.block_on(tokio::task::unconstrained(async {
            for _ in 0..requests {
                let response = service.clone().oneshot(request()).await.expect("an answer");
                assert!(response.status().is_success(), "{}", response.status());
                black_box(response.into_body().collect().await.is_ok());
            }
        }));
    })
}
