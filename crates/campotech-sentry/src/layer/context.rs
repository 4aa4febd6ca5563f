//! What Sentry knows of one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use campotech_core::{AcceptLanguage, ClientIp, Problem, ProblemKind, RequestId, TraceId, matched_route};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use sentry::protocol::{Event, Level, Request as RequestData, SpanStatus};
use sentry::{Hub, Transaction, TransactionContext};

use super::service::Settings;
use crate::client::Running;
use crate::gate::CODE;
use crate::panics::Caught;
use crate::sessions::{Ended, Sessions};

const COUNT: usize = 6;

/// The headers that leave the house.
static HEADERS: [HeaderName; COUNT] =
    [HOST, USER_AGENT, CONTENT_TYPE, CONTENT_LENGTH, ACCEPT, HeaderName::from_static("x-request-id")];

/// A request's hub and trace; both end when this is dropped, which is with the answer's body.
#[derive(Debug)]
pub(crate) struct RequestContext {
    hub: Arc<Hub>,
    trace: Option<Transaction>,
    method: Method,
    matched: bool,
    server_errors: bool,
    sessions: Option<Arc<Sessions>>,
    told: Arc<Told>,
    end: End,
    /// What a problem needs.
    accept_language: AcceptLanguage,
    id: Option<RequestId>,
}

/// What is known about the events of a request, also to tasks that it left behind.
#[derive(Debug, Default)]
struct Told {
    /// It gets one and no second,
    reported: AtomicBool,
    /// but what fails after it is news.
    ended: AtomicBool,
}

/// How the request has ended so far.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The client has gone before there was an answer.
    Open,
    Answered,
    /// With 5xx, of this kind where it is a problem.
    Failed(StatusCode, Option<&'static ProblemKind>),
    Panicked,
}

#[derive(Debug)]
struct Seen {
    method: Method,
    headers: [Option<HeaderValue>; COUNT],
}

impl RequestContext {
    /// Begins within the request's hub.
    pub(crate) fn begin<B>(running: &Running, request: &Request<B>, settings: &Settings) -> Self {
        let hub = Hub::current();
        let (headers, extensions) = (request.headers(), request.extensions());
        let method = known(request.method());
        let route = matched_route(extensions);
        let name = name(&method, route);
        let seen = Arc::new(Seen {
            method: method.clone(),
            headers: HEADERS.each_ref().map(|name| headers.get(name).cloned()),
        });
        let trace = running.traces.then(|| {
            let mut context = trace_context(&name, headers, ClientIp::of(extensions));
            if settings.ops {
                // Also for the spans inside, which would begin a transaction of their own.
                context.set_sampled(false);
            }
            let trace = hub.start_transaction(context);
            trace.set_request(seen.request());
            trace
        });
        let told = Arc::new(Told::default());
        let (id, trace_id) = campotech_core::RequestContext::ids_of(extensions);
        hub.configure_scope(|scope| {
            scope.set_transaction(Some(&name));
            if let Some(id) = id {
                scope.set_tag("request_id", id.as_str());
            }
            if let Some(id) = trace_id.or_else(|| TraceId::from_headers(headers)) {
                scope.set_tag("trace_id", id);
            }
            scope.set_span(trace.clone().map(Into::into));
            let (gate, told) = (Arc::clone(&running.gate), Arc::clone(&told));
            scope.add_event_processor(move |mut event| {
                // Here and not at the hub: a span inside has a hub of its own, made from this one.
                if gate.expects(&event) || !told.is_news() {
                    gate.counts.add_filtered();
                    return None;
                }
                event.request.get_or_insert_with(|| seen.request());
                Some(event)
            });
        });
        Self {
            hub,
            trace,
            method,
            matched: route.is_some(),
            server_errors: settings.server_errors,
            sessions: running.sessions.clone().filter(|_| !settings.ops),
            told,
            end: End::Open,
            accept_language: AcceptLanguage::of(headers),
            id: id.cloned(),
        }
    }

    /// Runs `work` within the request's hub, which sentry-tower binds no longer than until the head of the answer.
    pub(crate) fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        Hub::run(Arc::clone(&self.hub), work)
    }

    /// A problem as the request's client is told it.
    pub(crate) fn answer(&self, problem: &Problem) -> Response<Bytes> {
        problem.into_response_in(self.accept_language.language(), self.id.as_ref())
    }

    pub(crate) fn panicked(&mut self, caught: &mut Caught) {
        self.end = End::Panicked;
        self.hub.capture_event(std::mem::take(&mut caught.event));
        self.status(StatusCode::INTERNAL_SERVER_ERROR);
    }

    pub(crate) fn answered<B>(&mut self, response: &Response<B>) {
        // A router of our own tells its route by the answer only.
        if !self.matched
            && let Some(route) = matched_route(response.extensions())
        {
            let name = name(&self.method, Some(route));
            self.hub.configure_scope(|scope| scope.set_transaction(Some(&name)));
            if let Some(trace) = &self.trace {
                trace.set_name(&name);
            }
        }
        let status = response.status();
        self.status(status);
        let kind = response.extensions().get::<&'static ProblemKind>().copied();
        self.end = if status.is_server_error() { End::Failed(status, kind) } else { End::Answered };
    }

    /// At the very end, so that a log line of the handler or of the body is the event, in whichever order.
    fn failed(&self, status: StatusCode, kind: Option<&'static ProblemKind>) {
        if self.told.reported.load(Ordering::Relaxed) {
            return;
        }
        let code = kind.map_or_else(|| format!("status-{}", status.as_u16()), |kind| kind.code().to_owned());
        self.hub.capture_event(Event {
            level: Level::Error,
            message: Some(format!("answered {}", status.as_u16())),
            tags: [(CODE.to_owned(), code)].into(),
            ..Event::default()
        });
    }

    fn status(&self, status: StatusCode) {
        if let Some(trace) = &self.trace {
            trace.set_status(match status.as_u16() {
                401 => SpanStatus::Unauthenticated,
                403 => SpanStatus::PermissionDenied,
                404 => SpanStatus::NotFound,
                409 => SpanStatus::AlreadyExists,
                429 => SpanStatus::ResourceExhausted,
                400..=499 => SpanStatus::InvalidArgument,
                503 => SpanStatus::Unavailable,
                500..=599 => SpanStatus::InternalError,
                _ => SpanStatus::Ok,
            });
        }
    }
}

impl Drop for RequestContext {
    fn drop(&mut self) {
        if let (End::Failed(status, kind), true) = (self.end, self.server_errors) {
            self.failed(status, kind);
        }
        if let Some(trace) = self.trace.take() {
            if matches!(self.end, End::Open) {
                trace.set_status(SpanStatus::Cancelled);
            }
            // The scope holds the trace, and the trace must not hold what is in the scope.
            self.hub.configure_scope(|scope| scope.set_span(None));
            trace.finish();
        }
        if let Some(sessions) = &self.sessions {
            sessions.add(match self.end {
                End::Panicked => Ended::InPanic,
                _ if self.told.reported.load(Ordering::Relaxed) => Ended::WithError,
                _ => Ended::Well,
            });
        }
        self.told.ended.store(true, Ordering::Relaxed);
    }
}

impl Told {
    fn is_news(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || !self.reported.swap(true, Ordering::Relaxed)
    }
}

impl Seen {
    fn request(&self) -> RequestData {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        RequestData {
            method: Some(self.method.as_str().to_owned()),
            headers: HEADERS
                .iter()
                .zip(&self.headers)
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value.as_ref()?))))
                .collect(),
            ..RequestData::default()
        }
    }
}

/// A method from the client could carry anything: one that HTTP doesn't define is not repeated.
fn known(method: &Method) -> Method {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    if KNOWN.contains(method) { method.clone() } else { Method::from_bytes(b"_OTHER").unwrap_or(Method::GET) }
}

fn name(method: &Method, route: Option<&str>) -> String {
    format!("{method} {}", route.unwrap_or("<unmatched>"))
}

/// Only a trusted peer may continue its trace here: the header also decides whether the request is traced.
fn trace_context(name: &str, headers: &HeaderMap, client: Option<ClientIp>) -> TransactionContext {
    let parent = headers.get("sentry-trace").and_then(|value| value.to_str().ok());
    match parent {
        Some(parent) if client.is_some_and(|client| client.trusted_peer()) => {
            TransactionContext::continue_from_headers(name, "http.server", [("sentry-trace", parent)])
        }
        _ => TransactionContext::new(name, "http.server"),
    }
}
