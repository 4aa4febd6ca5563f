//! The span that ties log lines, traces and errors to a request.

use std::future::Future;
use std::sync::Arc;

use campotech_core::{ClientNetwork, RequestContext, in_current};
use campotech_sentry::sentry::{Hub, SentryFutureExt};
use tokio::task::JoinHandle;
use tracing::field::{Empty, display};
use tracing::{Dispatch, Instrument, Span, error_span, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::logs::RequestFields;
use crate::otlp;

/// How the log and the traces know it.
pub(crate) const TARGET: &str = "campotech::request";

/// Of a request that is answered here.
pub(crate) fn of_request(context: &RequestContext, client: Option<ClientNetwork>) -> Span {
    // As the line about the answer: a log of warnings alone finds the ids where the request is worked on, for nothing.
    let span = info_span!(
        target: TARGET, "request",
        request_id = Empty, trace_id = Empty, span_id = Empty, client = Empty, otel.kind = "server",
    );
    tell(&span, context, client);
    span
}

fn of_work(context: &RequestContext) -> Span {
    // At the level of errors, so that a log of errors alone still tells whose work it was.
    let span = error_span!(
        target: TARGET, "work",
        request_id = Empty, trace_id = Empty, span_id = Empty, otel.kind = "consumer",
    );
    tell(&span, context, None);
    span
}

/// Says whose span it is. Our log takes the values as they are and writes them with a line, if there ever is one; somebody
/// else's subscriber gets them as fields.
fn tell(span: &Span, context: &RequestContext, client: Option<ClientNetwork>) {
    let kept = span.with_subscriber(|(id, subscriber)| {
        let fields = RequestFields::new(context.clone(), client);
        ours(subscriber)?.span(id)?.extensions_mut().insert(fields);
        Some(())
    });
    if kept == Some(None) {
        let traceparent = context.trace().traceparent();
        let (trace_id, span_id) = ids(&traceparent);
        span.record("request_id", context.request_id().as_str());
        span.record("trace_id", trace_id);
        span.record("span_id", span_id);
        span.record("client", client.map(display));
    }
}

fn ours(subscriber: &Dispatch) -> Option<&Registry> {
    subscriber.downcast_ref::<crate::logs::OursMark>()?;
    subscriber.downcast_ref()
}

/// The trace's id and the span's own, as they stand in a `traceparent`: as text, which is written without a formatter.
pub(crate) fn ids(traceparent: &[u8; 55]) -> (&str, &str) {
    let text = |range| traceparent.get(range).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default();
    (text(3..35), text(36..52))
}

/// A scope of error tracking for one piece of work: with the ids of its request, and without what others left.
fn hub_of_work(context: &RequestContext) -> Arc<Hub> {
    let hub = Hub::new_from_top(Hub::main());
    hub.configure_scope(|scope| {
        scope.clear_breadcrumbs();
        scope.set_span(None);
        scope.set_tag("request_id", context.request_id());
        scope.set_tag("trace_id", context.trace().trace_id());
    });
    Arc::new(hub)
}

/// Goes on with what a request left to be done, such as a message in a queue: log lines, error events, traces and
/// outgoing calls of `work` carry the request's id and trace, as a step below it.
///
/// ```
/// # use campotech::core::{RequestContext, RequestId, Sampling, TraceContext};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let stored = RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
/// let trace = stored.trace().trace_id();
/// campotech::on_behalf_of(&stored, async move {
///     let own = RequestContext::current().unwrap();
///     assert_eq!(own.trace().trace_id(), trace);
/// })
/// .await;
/// # }
/// ```
pub fn on_behalf_of<F: Future>(
    request: &RequestContext,
    work: F,
) -> impl Future<Output = F::Output> + use<F> {
    let context = request.child();
    let hub = hub_of_work(&context);
    // Made within its hub: Sentry's spans go back to the one that they were made in.
    let span = Hub::run(Arc::clone(&hub), || of_work(&context));
    otlp::begin_work(&span, &context);
    context.scope(work).instrument(span).bind_hub(hub)
}

/// Spawns a task that goes on for the current request: with its context, its span and its scope of error tracking, none
/// of which a bare `tokio::spawn` takes along. What fails in the task is the request's one error event while the request
/// goes on, and an event of its own once it has ended.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let hub = Hub::new_from_top(Hub::current());
    tokio::spawn(in_current(task).in_current_span().bind_hub(hub))
}
