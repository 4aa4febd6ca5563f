//! What is counted for one method and path.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use campotech_core::TraceId;

use super::grpc::{self, Code, Codes};
use super::in_flight::{Cause, Phase};
use crate::exposition::Details;
use crate::series::{
    Budget, Exemplars, HTTP_SECONDS, HistogramWords, Native, SIZE_BYTES, Sampled, Sharded, Snapshot,
    StatusCounts, Statuses,
};

/// The series of one method and path.
#[derive(Debug)]
pub(crate) struct RouteSeries {
    statuses: Statuses,
    native: bool,
    /// Whether it is a gRPC method that has room for its codes.
    grpc: OnceLock<bool>,
    words: Sharded<RouteWords>,
}

/// Buckets of a duration.
const BUCKETS: usize = 8;

/// Their words. A request takes one of each cache line or two: the duration's, the status's, one for each size.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(super) struct RouteWords {
    duration: HistogramWords<BUCKETS>,
    native: OnceLock<Box<Native>>,
    exemplars: OnceLock<Box<Exemplars<BUCKETS>>>,
    codes: OnceLock<Box<Codes>>,
    statuses: StatusCounts,
    response_size: HistogramWords<9>,
    request_size: HistogramWords<9>,
    cancelled: [AtomicU64; Phase::COUNT],
    failed: [AtomicU64; Cause::COUNT],
}

/// A whole answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Completed {
    pub(super) status: u16,
    /// Nothing but the status is told of an upgrade.
    pub(super) figures: Option<Figures>,
}

/// What histograms are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) took: Duration,
    pub(super) sent: u64,
    pub(super) size: Option<u64>,
    /// The trace that it was recorded in, and when it ended.
    pub(super) sampled: Option<(TraceId, Instant)>,
}

// Apart, so that those who have neither pay no more than a look.
impl RouteWords {
    #[inline(never)]
    fn observe_native(&self, took: Duration) {
        self.native.get_or_init(Box::default).observe(took.as_secs_f64());
    }

    #[inline(never)]
    fn offer(&self, bucket: usize, trace: TraceId, nanos: u64, end: Instant) {
        self.exemplars.get_or_init(Box::default).offer(bucket, trace, nanos, end);
    }
}

impl RouteSeries {
    /// With native histograms or without.
    pub(super) fn new(native: bool) -> Self {
        // A counter born at 1 has rate 0: the first 500 of a route would be invisible.
        Self { statuses: Statuses::new(500), native, grpc: OnceLock::new(), words: Sharded::default() }
    }

    /// Counts a whole answer; false where its status has no series.
    pub(super) fn completed(&self, done: Completed, budget: Option<&Budget>) -> bool {
        let words = self.words.here();
        if let Some(Figures { took, sent, size, sampled }) = done.figures {
            let (bucket, nanos) = words.duration.observe_time(&HTTP_SECONDS, took);
            if self.native {
                words.observe_native(took);
            }
            if let Some((trace, end)) = sampled {
                words.offer(bucket, trace, nanos, end);
            }
            words.response_size.observe(&SIZE_BYTES, sent);
            if let Some(size) = size {
                words.request_size.observe(&SIZE_BYTES, size);
            }
        }
        let index = budget.and_then(|budget| self.statuses.index(done.status, budget));
        index.map(|index| words.statuses.count(index)).is_some()
    }

    /// Counts the end of a gRPC call; false where there is no room for its codes.
    pub(super) fn called(&self, code: Code, budget: &Budget) -> bool {
        let fits = *self.grpc.get_or_init(|| budget.take(grpc::COUNT, grpc::COUNT));
        if fits {
            self.words.here().codes.get_or_init(Box::default).count(code);
        }
        fits
    }

    /// The same for what has no room.
    pub(super) fn called_over(&self, code: Code) {
        self.grpc.get_or_init(|| true);
        self.words.here().codes.get_or_init(Box::default).count(code);
    }

    /// How often calls ended in each code, if these are calls.
    pub(super) fn codes(&self) -> Option<[u64; grpc::COUNT]> {
        let mut sums = [0; grpc::COUNT];
        self.words.all().filter_map(|words| words.codes.get()).for_each(|codes| codes.add_to(&mut sums));
        self.grpc.get().is_some_and(|fits| *fits).then_some(sums)
    }

    pub(super) fn cancelled(&self, phase: Phase) {
        self.words.here().cancelled[phase as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, cause: Cause) {
        self.words.here().failed[cause as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Statuses and how often each was answered, sorted by status.
    pub(super) fn statuses(&self) -> impl Iterator<Item = (u16, u64)> {
        self.statuses.sorted(|index| self.words.sum(|words| words.statuses.get(index))).into_iter()
    }

    pub(super) fn duration(&self) -> Snapshot {
        HistogramWords::snapshot(&HTTP_SECONDS, self.words.all().map(|words| &words.duration))
    }

    /// What only some formats say of durations.
    pub(super) fn details(&self) -> Details {
        let kept = |bucket| {
            let all = self.words.all().filter_map(|words| words.exemplars.get()?.get(bucket));
            all.max_by(|a: &Sampled, b| a.at.total_cmp(&b.at))
        };
        let native: Vec<_> =
            self.words.all().filter_map(|words| words.native.get().map(|native| &**native)).collect();
        Details {
            exemplars: (0..BUCKETS).map(kept).collect(),
            native: self.native.then(|| Native::snapshot(&native)),
        }
    }

    pub(super) fn request_size(&self) -> Snapshot {
        HistogramWords::snapshot(&SIZE_BYTES, self.words.all().map(|words| &words.request_size))
    }

    pub(super) fn response_size(&self) -> Snapshot {
        HistogramWords::snapshot(&SIZE_BYTES, self.words.all().map(|words| &words.response_size))
    }

    /// By phase.
    pub(super) fn all_cancelled(&self) -> [u64; Phase::COUNT] {
        std::array::from_fn(|phase| self.words.sum(|words| words.cancelled[phase].load(Ordering::Relaxed)))
    }

    /// By cause.
    pub(super) fn all_failed(&self) -> [u64; Cause::COUNT] {
        std::array::from_fn(|cause| self.words.sum(|words| words.failed[cause].load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_as_many_buckets_as_its_words() {
        assert_eq!((HTTP_SECONDS.le().count(), SIZE_BYTES.le().count()), (8, 9));
    }

    #[test]
    fn what_a_fast_request_counts_in_its_duration_is_one_cache_line() {
        assert_eq!(std::mem::offset_of!(RouteWords, duration), 0);
        assert_eq!(align_of::<RouteWords>(), 64);
    }
}
