//! Whose request a line belongs to: kept beside the request's span as it is, and written with a line only.

use std::cell::RefCell;
use std::fmt::{self, Write};

use campotech_core::{ClientNetwork, RequestContext};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::request_span::{TARGET, ids};

thread_local! {
    /// What [`RequestFields::tell`] is about.
    static TOLD: RefCell<Option<RequestFields>> = const { RefCell::new(None) };
}

/// The layer of lines, which is not asked to write the fields of a request's span down before anything is logged.
pub(super) struct Lines<L> {
    pub(super) lines: L,
    /// A filter that looks at fields wants to be told of them.
    pub(super) fields: bool,
}

/// A layer that does nothing, behind a filter that lets nothing through (without one, every span and event would be wanted): by it
/// the subscriber is known for ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OursMark;

/// What a request's span says, among its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestFields {
    context: RequestContext,
    client: Option<ClientNetwork>,
}

impl<S: Subscriber> Layer<S> for OursMark {}

impl<S, L> Layer<S> for Lines<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.fields || attributes.metadata().target() != TARGET {
            self.lines.on_new_span(attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.lines.on_record(id, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.lines.on_event(event, context);
    }
}

/// Whether a span is that of a request, or of work that one left.
pub(super) fn is_request<S: for<'a> LookupSpan<'a>>(span: &SpanRef<'_, S>) -> bool {
    span.metadata().target() == TARGET
}

impl RequestFields {
    /// Of the request that is worked on, for a line that is in no span of it.
    pub(super) fn current() -> Option<Self> {
        let told = TOLD.try_with(|told| told.borrow().clone()).ok().flatten();
        told.or_else(|| RequestContext::current().map(|context| Self::new(context, None)))
    }

    /// Has `line` written as one of this request, whichever is worked on: for a request that is over.
    pub(crate) fn tell(self, line: impl FnOnce()) {
        let put = |fields| TOLD.try_with(|told| told.replace(fields)).ok().flatten();
        let before = put(Some(self));
        line();
        put(before);
    }

    pub(crate) const fn new(context: RequestContext, client: Option<ClientNetwork>) -> Self {
        Self { context, client }
    }

    /// `key=value`, a space between each.
    pub(super) fn text(&self, out: &mut dyn Write) -> fmt::Result {
        let traceparent = self.context.trace().traceparent();
        let (trace_id, span_id) = ids(&traceparent);
        let request_id = self.context.request_id().as_str();
        write!(out, "request_id={request_id} trace_id={trace_id} span_id={span_id}")?;
        self.client.map_or(Ok(()), |client| write!(out, " client={client}"))
    }

    /// `"key":"value"`, a comma before each. Ids and networks hold nothing that would have to be escaped.
    pub(super) fn json(&self, out: &mut dyn Write) -> fmt::Result {
        let traceparent = self.context.trace().traceparent();
        let (trace_id, span_id) = ids(&traceparent);
        let request_id = self.context.request_id().as_str();
        write!(
            out,
            ",\"request_id\":\"{request_id}\",\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\""
        )?;
        self.client.map_or(Ok(()), |client| write!(out, ",\"client\":\"{client}\""))
    }
}
