//! The span that ties log lines, traces and errors to a request.

use std::future::Future;
use std::sync::Arc;

use campotech_core::{ClientNetwork, RequestContext, in_current};
use campotech_sentry::sentry::{Hub, SentryFutureExt};
use tokio::task::JoinHandle;
use tracing::{Instrument, Span, error_span};

use crate::otlp;

/// How the log and the traces know it.
pub(crate) const TARGET: &str = "campotech::request";

/// Of a request that is answered here.
pub(crate) fn of_request(context: &RequestContext, client: Option<ClientNetwork>) -> Span {
    let traceparent = context.trace().traceparent();
    let (trace_id, span_id) = ids(&traceparent);
    // At the level of errors, so that a log of errors alone still tells their request.
    error_span!(
        target: TARGET, "request",
        request_id = context.request_id().as_str(),
        trace_id,
        span_id,
        client = client.map(tracing::field::display),
        otel.kind = "server",
    )
}

/// The trace's id and the span's own, as they stand in a `traceparent`: as text, which is written without a formatter.
fn ids(traceparent: &[u8; 55]) -> (&str, &str) {
    let text = |range| traceparent.get(range).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default();
    (text(3..35), text(36..52))
}

fn of_work(context: &RequestContext) -> Span {
    let traceparent = context.trace().traceparent();
    let (trace_id, span_id) = ids(&traceparent);
    error_span!(
        target: TARGET, "work",
        request_id = context.request_id().as_str(),
        trace_id,
        span_id,
        otel.kind = "consumer",
    )
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
    otlp::begin_work(&span, context.trace());
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
