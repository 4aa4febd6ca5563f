//! What handlers answer becomes a problem of its request: its language, its id, and a body where there was none.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use axum::extract::Request;
use axum::response::Response;
use campotech_core::{Addressee, Problem, ProblemKind, kinds};
use http::header::{CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Renders the [`Problem`]s that handlers return for their request, and makes problems of refusals that are empty or
/// plain text, such as those of axum's own extractors. Other bodies, such as a page, stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProblemLayer;

/// The service of [`ProblemLayer`].
#[derive(Debug, Clone)]
pub struct ProblemService<S>(S);

/// Headers that an answer usually gets from here on.
const ROOM: usize = 14;

pin_project! {
    /// The future of [`ProblemService`].
    #[derive(Debug)]
    pub struct ProblemFuture<F> {
        #[pin]
        inner: F,
        addressee: Addressee,
    }
}

impl<S> Layer<S> for ProblemLayer {
    type Service = ProblemService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProblemService(inner)
    }
}

impl<S> Service<Request> for ProblemService<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ProblemFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let addressee = Addressee::of(&request);
        ProblemFuture { inner: self.0.call(request), addressee }
    }
}

impl<F, E> Future for ProblemFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx)?);
        // At once for all layers: a map that grows step by step is hashed anew each time.
        response.headers_mut().reserve(ROOM);
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Poll::Ready(Ok(response));
        }
        let problem = match response.extensions_mut().remove::<Problem>() {
            Some(problem) => problem,
            None if is_bare(&response) || is_plain(&response) => Problem::new(kind_of(status)),
            None => return Poll::Ready(Ok(response)),
        };
        Poll::Ready(Ok(render(response, this.addressee.answer(&problem))))
    }
}

// Keeps what the handler set beside the problem: `Allow`, `WWW-Authenticate`, `Retry-After`, cookies.
fn render(bare: Response, answer: http::Response<Bytes>) -> Response {
    let (mut rendered, body) = answer.into_parts();
    let (parts, _) = bare.into_parts();
    let own = rendered.headers.clone();
    for (name, value) in &parts.headers {
        if name == VARY || !own.contains_key(name) {
            rendered.headers.append(name, value.clone());
        }
    }
    rendered.extensions = parts.extensions;
    Response::from_parts(rendered, body.into())
}

fn is_bare(response: &Response) -> bool {
    use http_body::Body as _;
    response.body().size_hint().exact() == Some(0) && !response.headers().contains_key(CONTENT_TYPE)
}

/// The words of a framework's rejection, which may repeat what was sent.
fn is_plain(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    media_type.is_some_and(|value| value.starts_with(b"text/plain"))
}

fn kind_of(status: StatusCode) -> &'static ProblemKind {
    let fallback = if status.is_server_error() { &kinds::INTERNAL } else { &kinds::BAD_REQUEST };
    kinds::ALL.iter().find(|kind| kind.status == status).copied().unwrap_or(fallback)
}
