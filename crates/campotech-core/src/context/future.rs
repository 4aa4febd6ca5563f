//! A future that is a request's.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::RequestContext;

// Swapped in for the time of one poll only, so it knows a request no longer than the poll lasts, on any runtime.
thread_local! {
    static CURRENT: RefCell<Option<RequestContext>> = const { RefCell::new(None) };
}

pin_project! {
    /// The future of [`RequestContext::scope`] and of [`in_current`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ContextFuture<F> {
        #[pin]
        inner: F,
        context: Option<RequestContext>,
    }
}

/// Takes the current request along, as for a task that is spawned; without one it changes nothing.
///
/// ```
/// # use campotech_core::{RequestContext, in_current};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// tokio::spawn(in_current(async { RequestContext::current() })).await.unwrap();
/// # }
/// ```
pub fn in_current<F>(future: F) -> ContextFuture<F> {
    ContextFuture::new(future, RequestContext::current())
}

/// Puts back what was there, also when the work inside panics.
pub(super) struct Entered<'a>(&'a mut Option<RequestContext>);

// A thread that ends drops what is its own in any order, so the slot may be gone: then there is no request.
fn swap(slot: &mut Option<RequestContext>) {
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), slot));
}

pub(super) fn current() -> Option<RequestContext> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Whether there is a current request.
pub(crate) fn is_in_request() -> bool {
    CURRENT.try_with(|current| current.borrow().is_some()).unwrap_or(false)
}

impl<'a> Entered<'a> {
    pub(super) fn swap(slot: &'a mut Option<RequestContext>) -> Self {
        swap(slot);
        Self(slot)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

impl<F> ContextFuture<F> {
    pub(super) const fn new(inner: F, context: Option<RequestContext>) -> Self {
        Self { inner, context }
    }

    /// The request that this future is worked on for.
    pub const fn context(&self) -> Option<&RequestContext> {
        self.context.as_ref()
    }

    /// The same, of a future that is done; it is nobody's from then on.
    pub fn take_context(self: Pin<&mut Self>) -> Option<RequestContext> {
        self.project().context.take()
    }
}

impl<F: Future> Future for ContextFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.context.is_none() {
            return this.inner.poll(cx);
        }
        let _entered = Entered::swap(this.context);
        this.inner.poll(cx)
    }
}
