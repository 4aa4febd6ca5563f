//! Ids and sampling of spans: a request's are those of its trace context, so that log, headers and spans agree.

use campotech_core::{Sampling, TraceContext};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, SamplingDecision, SamplingResult, ShouldSample,
};

/// The ids of the span that is started, in the SDK's own current context for as long.
#[derive(Debug, Clone, Copy)]
struct Chosen {
    trace: TraceId,
    span: SpanId,
}

/// Whether a trace that begins here is recorded.
#[derive(Debug, Clone, Copy)]
struct Decided(bool);

/// Gives the chosen ids, else random ones.
#[derive(Debug, Default)]
pub(super) struct RequestIds(RandomIdGenerator);

/// Decides as the request's context does; for what belongs to no request, by the share.
#[derive(Debug, Clone)]
pub(super) struct RequestSampler(pub(super) Sampling);

/// What a request's span stands below.
pub(super) fn parent_of(trace: &TraceContext) -> Context {
    let (id, flags) =
        (TraceId::from_bytes(*trace.trace_id().as_bytes()), TraceFlags::new(trace.sampled().into()));
    match trace.parent() {
        Some(parent) => {
            let parent = SpanId::from_bytes(*parent.as_bytes());
            let parent = SpanContext::new(id, parent, flags, true, TraceState::NONE);
            Context::new().with_remote_span_context(parent)
        }
        None => Context::new().with_value(Decided(trace.sampled())),
    }
}

/// Chooses the ids of what is started while the guard lives.
pub(super) fn choose(trace: &TraceContext) -> ContextGuard {
    Context::new()
        .with_value(Chosen {
            trace: TraceId::from_bytes(*trace.trace_id().as_bytes()),
            span: SpanId::from_bytes(*trace.span_id().as_bytes()),
        })
        .attach()
}

fn chosen() -> Option<Chosen> {
    Context::map_current(|context| context.get::<Chosen>().copied())
}

impl IdGenerator for RequestIds {
    fn new_trace_id(&self) -> TraceId {
        chosen().map_or_else(|| self.0.new_trace_id(), |chosen| chosen.trace)
    }

    fn new_span_id(&self) -> SpanId {
        chosen().map_or_else(|| self.0.new_span_id(), |chosen| chosen.span)
    }
}

impl ShouldSample for RequestSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let above = parent.map(|context| context.span().span_context().clone()).filter(SpanContext::is_valid);
        let sampled = match above {
            Some(above) => above.is_sampled(),
            None => match parent.and_then(|context| context.get::<Decided>()) {
                Some(decided) => decided.0,
                None => campotech_core::TraceId::from_bytes(trace_id.to_bytes())
                    .is_some_and(|id| self.0.takes(id)),
            },
        };
        let decision = if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::NONE }
    }
}
