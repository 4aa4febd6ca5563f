//! A request's ids by its extensions.

use http::Extensions;

use super::RequestContext;
use crate::identity::{ClientIp, RequestId, TraceId};

impl RequestContext {
    /// The ids of the request with these extensions: those of its context, else a [`RequestId`] that is there by itself.
    #[must_use]
    pub fn ids_of(extensions: &Extensions) -> (Option<&RequestId>, Option<TraceId>) {
        match extensions.get::<Self>() {
            Some(context) => (Some(&context.request_id), Some(context.trace.trace_id())),
            None => (extensions.get(), None),
        }
    }
}

impl RequestId {
    /// The id of the request with these extensions: that of its [`RequestContext`], else one that is there by itself.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        RequestContext::ids_of(extensions).0
    }
}

impl TraceId {
    /// The trace of the request with these extensions: that of its [`RequestContext`].
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get::<RequestContext>().map(|context| context.trace.trace_id())
    }
}

impl ClientIp {
    /// The client of the request with these extensions: one that is there by itself, as somebody further inside knows better, else
    /// that of its [`RequestContext`].
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        let own = extensions.get().copied();
        own.or_else(|| extensions.get::<RequestContext>().and_then(|context| context.client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Sampling, TraceContext};

    #[test]
    fn the_contexts_ids_come_before_one_that_is_there_by_itself() {
        let mut extensions = Extensions::new();
        assert_eq!(RequestContext::ids_of(&extensions), (None, None));
        let id = RequestId::generate();
        extensions.insert(id.clone());
        assert_eq!((RequestId::of(&extensions), TraceId::of(&extensions)), (Some(&id), None));
        let context = RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
        extensions.insert(context.clone());
        let ids = (Some(context.request_id()), Some(context.trace().trace_id()));
        assert_eq!(RequestContext::ids_of(&extensions), ids);
        assert_eq!((RequestId::of(&extensions), TraceId::of(&extensions)), ids);
    }

    #[test]
    fn a_client_that_is_there_by_itself_comes_before_the_contexts() {
        let client = |last| ClientIp::new([203, 0, 113, last].into(), false);
        let mut extensions = Extensions::new();
        assert_eq!(ClientIp::of(&extensions), None);
        let context = RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
        extensions.insert(context.with_client(Some(client(1))));
        assert_eq!(ClientIp::of(&extensions), Some(client(1)));
        extensions.insert(client(2));
        assert_eq!(ClientIp::of(&extensions), Some(client(2)));
    }
}
