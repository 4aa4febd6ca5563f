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

    /// So many left the queue, to the collector or not.
    pub(super) fn left(&self, spans: usize, arrived: bool) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let counter = if arrived { &self.sent } else { &self.dropped };
        counter.fetch_add(spans as u64, Ordering::Relaxed);
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
