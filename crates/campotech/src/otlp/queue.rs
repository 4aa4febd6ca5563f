//! A bound on the spans that wait, and a count of those that did not get through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// Spans that wait for the collector; more are dropped and counted.
pub(super) const WAITING: usize = 2_048;

/// What became of the spans.
#[derive(Debug, Default)]
pub(super) struct Counts {
    waiting: AtomicUsize,
    sent: AtomicU64,
    dropped: AtomicU64,
    /// Of the batch that is under way: what the collector took without these.
    rejected: AtomicU64,
}

/// The SDK's batch processor, which drops silently when it is full, behind a door that counts.
#[derive(Debug)]
pub(super) struct CountedQueue {
    pub(super) inner: BatchSpanProcessor,
    pub(super) counts: Arc<Counts>,
}

impl Counts {
    /// Lets one in, unless as many as may wait are there.
    fn enter(&self) -> bool {
        let more = |waiting| (waiting < WAITING).then_some(waiting + 1);
        let entered = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !entered {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        entered
    }

    /// The collector has taken the batch without so many (a partial success).
    pub(super) fn rejected(&self, spans: u64) {
        self.rejected.store(spans, Ordering::Relaxed);
    }

    /// So many left the queue, to the collector or not.
    pub(super) fn left(&self, spans: usize, arrived: bool) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let rejected = self.rejected.swap(0, Ordering::Relaxed);
        let spans = spans as u64;
        let lost = if arrived { rejected.min(spans) } else { spans };
        self.sent.fetch_add(spans - lost, Ordering::Relaxed);
        self.dropped.fetch_add(lost, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl SpanProcessor for CountedQueue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.counts.enter() {
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_is_partly_lost_and_counts_once() {
        let counts = Counts::default();
        assert!((0..9).all(|_| counts.enter()));
        counts.rejected(2);
        counts.left(3, true);
        assert_eq!((counts.sent(), counts.dropped(), counts.waiting()), (1, 2, 6));
        counts.left(3, true);
        counts.left(3, false);
        assert_eq!((counts.sent(), counts.dropped(), counts.waiting()), (4, 5, 0));
    }
}
