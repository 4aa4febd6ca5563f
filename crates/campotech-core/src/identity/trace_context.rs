//! W3C Trace Context: where a request stands in a trace, read strictly and sent on.

use http::{HeaderMap, HeaderValue};

use super::hex::hex;
use super::source::made;
use super::trace::{parse_traceparent, sent_traceparent};
use super::{Sampling, SpanId, TraceId, TraceState};

/// Where a request stands in its trace: the trace, the caller's span, the request's own span, whether it is recorded.
///
/// What a caller says is believed by [`from_headers`](Self::from_headers); whether the caller may be believed is for
/// whoever calls it to know ([`ClientIp::trusted_peer`](crate::ClientIp::trusted_peer)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: TraceId,
    parent: Option<SpanId>,
    span_id: SpanId,
    flags: u8,
    state: Option<TraceState>,
}

/// The bits that the recommendation names (level 2); others are not ours to send on.
const SAMPLED: u8 = 1;
const RANDOM: u8 = 2;

impl TraceContext {
    /// The first step of a new trace; `sampling` decides whether it is recorded.
    #[must_use]
    pub fn root(sampling: Sampling) -> Self {
        let (trace_id, span_id) =
            made(|source| (TraceId::of_bits(source.wide_bits()), SpanId::of_bits(source.bits())));
        let flags = RANDOM | u8::from(sampling.takes(trace_id));
        Self { trace_id, parent: None, span_id, flags, state: None }
    }

    /// A step of the trace that `traceparent` and `tracestate` tell of, with a span id of its own.
    ///
    /// None where `traceparent` is absent, repeated or malformed, or an id in it is all zero; a `tracestate` that is
    /// malformed or too long is left out.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let sent = Self::sent(headers)?;
        Some(
            Self { parent: Some(sent.span_id), span_id: SpanId::generate(), ..sent }
                .with_state(TraceState::from_headers(headers)),
        )
    }

    /// The context that a `traceparent` value was written from; its span is the one the value names.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        let (trace_id, span_id, flags) = parse_traceparent(value.as_bytes())?;
        Some(Self { trace_id, parent: None, span_id, flags: flags & (SAMPLED | RANDOM), state: None })
    }

    /// The context that the one `traceparent` header was written from, without its state.
    pub(crate) fn sent(headers: &HeaderMap) -> Option<Self> {
        let (trace_id, span_id, flags) = sent_traceparent(headers)?;
        Some(Self { trace_id, parent: None, span_id, flags: flags & (SAMPLED | RANDOM), state: None })
    }

    /// The next step below this one, with a new span id.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { parent: Some(self.span_id), span_id: SpanId::generate(), ..self.clone() }
    }

    /// The same with vendors' state.
    #[must_use]
    pub fn with_state(mut self, state: Option<TraceState>) -> Self {
        self.state = state;
        self
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span of whoever called; none at the start of a trace.
    #[must_use]
    pub const fn parent(&self) -> Option<SpanId> {
        self.parent
    }

    /// The request's own span; the parent of what it calls.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Vendors' state, sent on as it came.
    #[must_use]
    pub const fn state(&self) -> Option<&TraceState> {
        self.state.as_ref()
    }

    /// The value of `traceparent` for what this request calls, as 55 ASCII bytes: no allocation.
    #[must_use]
    pub fn traceparent(&self) -> [u8; 55] {
        let mut out = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let digits = |word: &[u8; 4]| hex(u32::from_be_bytes(*word));
        let (trace, span) = (self.trace_id.as_bytes().as_chunks().0, self.span_id.as_bytes().as_chunks().0);
        for (place, word) in out[3..35].as_chunks_mut().0.iter_mut().zip(trace) {
            *place = digits(word);
        }
        for (place, word) in out[36..52].as_chunks_mut().0.iter_mut().zip(span) {
            *place = digits(word);
        }
        out[53..].copy_from_slice(&digits(&[0, 0, 0, self.flags])[6..]);
        out
    }

    /// The same as a header's value.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        // Hex digits and hyphens are always a value, so the fallback is never reached.
        HeaderValue::from_bytes(&self.traceparent()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_trace_goes_on_below_the_caller() {
        let came = headers(&[("traceparent", PARENT), ("tracestate", "a=1")]);
        let context = TraceContext::from_headers(&came).unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.parent().unwrap().to_string(), "00f067aa0ba902b7");
        assert!(context.sampled());
        assert_eq!(context.state().unwrap().as_str(), "a=1");
        let sent = context.header_value();
        let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
        assert_eq!(sent, expected);
        assert_ne!(context.span_id(), context.parent().unwrap());
        let below = context.child();
        assert_eq!((below.trace_id(), below.parent()), (context.trace_id(), Some(context.span_id())));
    }

    #[test]
    fn flags_that_nobody_named_are_not_sent_on() {
        let context = TraceContext::from_traceparent(&PARENT.replace("-01", "-ff")).unwrap();
        assert!(context.header_value().to_str().unwrap().ends_with("-03"));
        let off = TraceContext::from_traceparent(&PARENT.replace("-01", "-fe")).unwrap();
        assert!(!off.sampled() && off.header_value().to_str().unwrap().ends_with("-02"));
    }

    #[test]
    fn a_traceparent_that_is_there_twice_is_none_and_a_bad_tracestate_is_left_out() {
        assert_eq!(
            TraceContext::from_headers(&headers(&[("traceparent", PARENT), ("traceparent", PARENT)])),
            None
        );
        assert_eq!(TraceContext::from_headers(&headers(&[("tracestate", "a=1")])), None);
        let bad = headers(&[("traceparent", PARENT), ("tracestate", "no equals sign")]);
        assert_eq!(TraceContext::from_headers(&bad).unwrap().state(), None);
    }

    #[test]
    fn a_new_trace_is_recorded_as_sampling_says() {
        assert!(!TraceContext::root(Sampling::never()).sampled());
        let always = TraceContext::root(Sampling::share(1.0).unwrap());
        assert!(always.sampled() && always.parent().is_none());
        assert!(always.header_value().to_str().unwrap().ends_with("-03"));
    }
}
