//! A request's context beside a message in a queue: `{"request_id": .., "traceparent": .., "tracestate": ..}`.

use http::HeaderValue;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RequestContext;
use crate::identity::{RequestId, TraceContext, TraceState};

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    request_id: T,
    traceparent: T,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    tracestate: Option<T>,
}

const fn none<T>() -> Option<T> {
    None
}

impl Serialize for RequestContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let traceparent = self.trace().traceparent();
        let stored = Stored {
            request_id: self.request_id().as_str(),
            traceparent: std::str::from_utf8(&traceparent).unwrap_or(""),
            tracestate: self.trace().state().map(TraceState::as_str),
        };
        stored.serialize(serializer)
    }
}

/// As strict as for headers. What is read is the context as it was written; [`child`](RequestContext::child) is the one of
/// whoever goes on with it.
impl<'de> Deserialize<'de> for RequestContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::<String>::deserialize(deserializer)?;
        let value = |text: &str| HeaderValue::from_str(text).ok();
        let request_id = value(&stored.request_id).and_then(|value| RequestId::adopt(&value));
        let trace = TraceContext::from_traceparent(&stored.traceparent);
        let (Some(request_id), Some(trace)) = (request_id, trace) else {
            return Err(D::Error::custom("not the context of a request"));
        };
        let state = stored.tracestate.as_deref().and_then(value);
        Ok(Self::new(request_id, trace.with_state(state.as_ref().and_then(TraceState::adopt))))
    }
}
