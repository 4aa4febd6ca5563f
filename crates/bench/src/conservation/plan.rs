//! One request: what the service does with it, and how long its client waits.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use tower::{Service, service_fn};

/// What the service does in the end.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Answer,
    Error,
    Panic,
}

/// Drawn from a seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Polls before the ending.
    polls: u64,
    ending: Ending,
    /// Of the body, each after a poll for nothing.
    frames: u64,
    /// Polls until the client goes away; with none, the future is dropped as it was made.
    waits: u64,
    /// Polls of the body until the client goes away.
    reads: u64,
}

struct Frames {
    left: u64,
    waited: bool,
}

impl Plan {
    pub(super) fn of(n: u64) -> Self {
        // splitmix64.
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = |at: u64, below: u64| ((mixed >> (8 * at)) & 0xff) % below;
        let ending = match drawn(0, 8) {
            0 => Ending::Error,
            1 => Ending::Panic,
            _ => Ending::Answer,
        };
        Self { polls: drawn(1, 3), ending, frames: drawn(2, 4), waits: drawn(3, 6), reads: drawn(4, 10) }
    }
}

/// Answers as the plan among a request's extensions says.
pub(super) fn planned() -> impl Planned {
    service_fn(|request: Request<Body>| {
        let plan = request.extensions().get::<Plan>().copied();
        let mut plan = plan.expect("a plan");
        poll_fn(move |_| {
            if plan.polls > 0 {
                plan.polls -= 1;
                return Poll::Pending;
            }
            match plan.ending {
                Ending::Answer => {
                    Poll::Ready(Ok(Response::new(Body::new(Frames { left: plan.frames, waited: false }))))
                }
                Ending::Error => Poll::Ready(Err("refused")),
                // Without a word on standard error.
                Ending::Panic => resume_unwind(Box::new("a bug")),
            }
        })
    })
}

/// A service that answers by plan.
pub(super) trait Planned:
    Service<Request<Body>, Response = Response<Body>, Error = &'static str, Future: Send> + Clone
{
}

impl<S> Planned for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = &'static str, Future: Send> + Clone
{
}

/// Sends a request, and goes away when the plan says so.
pub(super) fn run<S, B>(service: &S, plan: Plan)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body,
{
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(plan);
    let mut service = service.clone();
    let mut context = Context::from_waker(Waker::noop());
    // As a server does: the future is dropped where the panic ends.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut future = pin!(service.call(request));
        for _ in 0..plan.waits {
            let Poll::Ready(answer) = future.as_mut().poll(&mut context) else { continue };
            let Ok(response) = answer else { return };
            let mut body = pin!(response.into_body());
            for _ in 0..plan.reads {
                if let Poll::Ready(None | Some(Err(_))) = body.as_mut().poll_frame(&mut context) {
                    return;
                }
            }
            return;
        }
    }));
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.waited = !self.waited;
        if self.waited {
            return Poll::Pending;
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"data")))))
    }
}
