//! Requests as OpenTelemetry's semantic conventions name them.
//!
//! Sources: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>,
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::uri::Scheme;
use http::{Uri, Version};

use super::in_flight::{Cause, InFlight, Outcome};
use super::method::KnownMethod;
use super::series::{Completed, Figures};
use crate::exposition::{Exposition, push_label};
use crate::names::{self, OVERFLOW, UNMATCHED};
use crate::series::{Budget, Family, Histogram, SEMCONV_SECONDS, SIZE_BYTES};

/// The labels of what is told of answered requests. Where there is no value, the label is empty, which to Prometheus is none.
const LABELS: [&str; 6] = [
    "http_request_method",
    "url_scheme",
    "http_route",
    "http_response_status_code",
    "error_type",
    "network_protocol_version",
];

/// The families, in place of those that say the same.
pub(super) struct SemanticConventions {
    answered: Family<Answered, 6>,
    active: [[AtomicI64; SCHEMES.len()]; KnownMethod::COUNT],
}

/// What is told of requests that have the same labels.
#[derive(Debug)]
struct Answered {
    duration: Histogram,
    request_size: Histogram,
    response_size: Histogram,
}

const SCHEMES: [&str; 2] = ["http", "https"];

/// The scheme of a request and the version of its protocol.
#[derive(Debug, Clone, Copy)]
pub(super) struct Protocol {
    https: bool,
    pub(super) version: Version,
}

impl Protocol {
    /// The scheme is known where the request says it, as HTTP/2 does; it is `http` elsewhere.
    pub(super) fn of(uri: Option<&Uri>, version: Version) -> Self {
        Self { https: uri.is_some_and(|uri| uri.scheme() == Some(&Scheme::HTTPS)), version }
    }

    fn scheme(self) -> usize {
        self.https.into()
    }

    fn version(self) -> &'static str {
        match self.version {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_11 => "1.1",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => "",
        }
    }
}

impl SemanticConventions {
    pub(super) fn new(limit: usize) -> Self {
        let make = || Answered {
            duration: Histogram::new(&SEMCONV_SECONDS),
            request_size: Histogram::new(&SIZE_BYTES),
            response_size: Histogram::new(&SIZE_BYTES),
        };
        Self {
            answered: Family::new(&names::SEMCONV_DURATION, LABELS, limit, make),
            active: [const { [const { AtomicI64::new(0) }; SCHEMES.len()] }; KnownMethod::COUNT],
        }
    }

    pub(super) const fn budget(&self) -> &Budget {
        self.answered.budget()
    }

    #[inline(never)]
    pub(super) fn started(&self, method: KnownMethod, protocol: Protocol) {
        self.active[method as usize][protocol.scheme()].fetch_add(1, Ordering::Relaxed);
    }

    /// Tells of a request that was [`started`](Self::started), with its route; an upgrade has no duration, and one that was cancelled no
    /// status.
    #[inline(never)]
    pub(super) fn ended(&self, request: &InFlight, path: &str) {
        let (method, protocol) = (request.method(), request.protocol);
        self.active[method as usize][protocol.scheme()].fetch_sub(1, Ordering::Relaxed);
        if path == OVERFLOW {
            self.budget().fold();
        }
        let mut digits = itoa::Buffer::new();
        let (status, error) = match request.outcome {
            Outcome::Completed { upgrade: true, .. } => return,
            Outcome::Completed { status, .. } => {
                let text = digits.format(status);
                (text, if status >= 500 { text } else { "" })
            }
            Outcome::Cancelled(_) => ("", "cancelled"),
            Outcome::Failed(Cause::Error) => ("", "error"),
            Outcome::Failed(Cause::Panic) => ("", "panic"),
        };
        let method = method.as_str();
        let (scheme, version) = (SCHEMES[protocol.scheme()], protocol.version());
        let route = if path == UNMATCHED { "" } else { path };
        let labels = |route| [method, scheme, route, status, error, version];
        let took = request.start.elapsed();
        self.answered.with(labels(route), labels(OVERFLOW), |answered| answered.observe(took, request));
    }

    /// Tells of a request that no layer saw.
    #[inline(never)]
    pub(super) fn recorded(&self, [method, path]: [&str; 2], done: Completed) {
        let Some(Figures { took, sent, .. }) = done.figures else { return };
        let mut digits = itoa::Buffer::new();
        let status = digits.format(done.status);
        let error = if done.status >= 500 { status } else { "" };
        let labels = |route| [method, SCHEMES[0], route, status, error, ""];
        self.answered.with(labels(path), labels(OVERFLOW), |answered| {
            answered.duration.observe_time(took);
            answered.response_size.observe(sent);
        });
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let mut family = out.family(&names::SEMCONV_ACTIVE);
        let mut labels = String::new();
        for (method, schemes) in self.active.iter().enumerate() {
            for (active, scheme) in schemes.iter().zip(SCHEMES) {
                labels.clear();
                push_label(&mut labels, LABELS[0], KnownMethod::ALL[method].as_str());
                push_label(&mut labels, LABELS[1], scheme);
                family.value_of(&labels, active.load(Ordering::Relaxed) as f64);
            }
        }
        let mut family = out.family(&names::SEMCONV_DURATION);
        self.answered.for_each(|entry| family.histogram_of(&entry.text, &entry.value.duration.snapshot()));
        let mut family = out.family(&names::SEMCONV_REQUEST_SIZE);
        self.answered
            .for_each(|entry| family.histogram_of(&entry.text, &entry.value.request_size.snapshot()));
        let mut family = out.family(&names::SEMCONV_RESPONSE_SIZE);
        self.answered
            .for_each(|entry| family.histogram_of(&entry.text, &entry.value.response_size.snapshot()));
    }
}

impl Answered {
    fn observe(&self, took: Duration, request: &InFlight) {
        self.duration.observe_time(took);
        if let Some(size) = request.size {
            self.request_size.observe(size);
        }
        if let Outcome::Completed { sent, .. } = request.outcome {
            self.response_size.observe(sent);
        }
    }
}
