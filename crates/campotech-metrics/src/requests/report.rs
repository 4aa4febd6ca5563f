//! What the `http_*` families say: as sums, and as text.

use super::families::Requests;
use super::grpc;
use crate::exposition::Exposition;
use crate::names;
use crate::series::{HTTP_SECONDS, class_label};

/// Sums over all routes.
#[derive(Debug, Default)]
pub(crate) struct RequestSums {
    pub(crate) started: u64,
    pub(crate) in_flight: u64,
    pub(crate) completed: u64,
    pub(crate) client_errors: u64,
    pub(crate) server_errors: u64,
    pub(crate) cancelled: u64,
    pub(crate) failed: u64,
    pub(crate) latency: Vec<u64>,
    pub(crate) latency_seconds: f64,
}

impl Requests {
    pub(crate) fn sums(&self) -> RequestSums {
        let mut sums = RequestSums {
            in_flight: self.in_flight(),
            latency: vec![0; HTTP_SECONDS.le().count()],
            ..RequestSums::default()
        };
        let mut count = |status: u16, requests: u64| {
            sums.completed += requests;
            match status {
                400..=499 => sums.client_errors += requests,
                500..=599 => sums.server_errors += requests,
                _ => {}
            }
        };
        // That of the overflow has none: they are counted by class.
        for entry in self.routes.all() {
            entry.value.statuses().for_each(|(status, n)| count(status, n));
        }
        for (class, counter) in self.overflow_classes.iter().enumerate() {
            count(class as u16 * 100 + 100, counter.get());
        }
        for entry in self.routes.all() {
            let series = &entry.value;
            sums.cancelled += series.all_cancelled().iter().sum::<u64>();
            sums.failed += series.all_failed().iter().sum::<u64>();
            let snapshot = series.duration();
            sums.latency.iter_mut().zip(&snapshot.cumulative).for_each(|(sum, n)| *sum += n);
            sums.latency_seconds += snapshot.sum;
        }
        // Last, so that the started are never fewer than those that ended.
        sums.started = self.all_started();
        sums
    }

    pub(crate) fn write(&self, out: &mut Exposition) {
        out.family(&names::HTTP_STARTED).counter(&[], self.all_started());
        match &self.semconv {
            Some(semconv) => semconv.write(out),
            None => self.write_answered(out),
        }
        self.write_rest(out);
    }

    /// What has other names elsewhere.
    fn write_answered(&self, out: &mut Exposition) {
        out.family(&names::HTTP_IN_FLIGHT).value(&[], self.in_flight() as f64);
        let mut family = out.family(&names::HTTP_DURATION);
        self.routes.for_each_sorted(|entry| {
            let (series, labels) = (&entry.value, &entry.text);
            if family.has_details() {
                family.histogram_with(labels, &series.duration(), &series.details());
            } else {
                family.histogram_of(labels, &series.duration());
            }
        });
        let mut family = out.family(&names::HTTP_REQUEST_SIZE);
        self.routes.for_each_sorted(|entry| family.histogram_of(&entry.text, &entry.value.request_size()));
        let mut family = out.family(&names::HTTP_RESPONSE_SIZE);
        self.routes.for_each_sorted(|entry| family.histogram_of(&entry.text, &entry.value.response_size()));
    }

    fn write_rest(&self, out: &mut Exposition) {
        let mut family = out.family(&names::HTTP_REQUESTS);
        self.routes.for_each_sorted(|entry| {
            if self.routes.is_overflow(entry) {
                for (class, counter) in self.overflow_classes.iter().enumerate() {
                    if counter.get() > 0 {
                        let status = Some(("status", class_label(class)));
                        family.counter_of(&entry.text, status, counter.get());
                    }
                }
            } else {
                for (status, requests) in entry.value.statuses() {
                    let mut digits = itoa::Buffer::new();
                    family.counter_of(&entry.text, Some(("status", digits.format(status))), requests);
                }
            }
        });
        let mut family = out.family(&names::HTTP_CANCELLED);
        self.routes.for_each_sorted(|entry| {
            for (count, phase) in entry.value.all_cancelled().into_iter().rev().zip(["body", "headers"]) {
                family.counter_of(&entry.text, Some(("phase", phase)), count);
            }
        });
        let mut family = out.family(&names::GRPC_REQUESTS);
        self.routes.for_each_sorted(|entry| {
            for (code, calls) in entry.value.codes().into_iter().flat_map(grpc::named) {
                family.counter(&[("path", &entry.labels[1]), ("code", code)], calls);
            }
        });
        let mut family = out.family(&names::HTTP_FAILED);
        self.routes.for_each_sorted(|entry| {
            for (count, cause) in entry.value.all_failed().into_iter().zip(["error", "panic"]) {
                family.counter_of(&entry.text, Some(("cause", cause)), count);
            }
        });
    }
}
