//! What the targets share.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use campotech_core::{Decision, Observer, Verdict};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tower::{Service, ServiceExt};

/// The body of requests and answers.
pub type Body = Full<Bytes>;

/// Keeps the last decision.
#[derive(Debug, Clone, Default)]
pub struct Last(Arc<Mutex<Option<Decision>>>);

impl Last {
    /// Why the last request was refused, if it was.
    pub fn refusal(&self) -> Option<&'static str> {
        let decision = self.0.lock().ok()?.take()?;
        (decision.verdict == Verdict::Refused).then_some(decision.reason)
    }
}

impl Observer for Last {
    fn decision(&self, decision: Decision) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some(decision);
        }
    }
}

/// Keeps the request that got through.
#[derive(Debug, Clone, Default)]
pub struct Inside(Arc<Mutex<Option<Request<Body>>>>);

impl Inside {
    /// What got through since it was last asked.
    pub fn seen(&self) -> Option<Request<Body>> {
        self.0.lock().ok()?.take()
    }

    /// The service that keeps it.
    pub fn service(
        &self,
    ) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + use<> {
        let inside = self.clone();
        tower::service_fn(move |request| {
            if let Ok(mut slot) = inside.0.lock() {
                *slot = Some(request);
            }
            std::future::ready(Ok(Response::new(Body::default())))
        })
    }
}

/// The answer of a service that waits for nothing.
pub fn answer<S, B>(service: S, request: Request<Body>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let mut answer = pin!(service.oneshot(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(answer)) => answer,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("it waits, and nothing is missing"),
    }
}

/// The input in `N` pieces, between `0xff` bytes, which no text has.
pub fn pieces<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut pieces = data.splitn(N, |byte| *byte == 0xff);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// A header's value, where these bytes may be one.
pub fn value(bytes: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(bytes).ok()
}

/// Headers with one line of `name` for each line of the text.
pub fn lines(name: &HeaderName, text: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        headers.append(name, value(line)?);
    }
    Some(headers)
}

/// Every escape once.
pub fn decoded(text: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}
