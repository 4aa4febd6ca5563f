//! The peers, each as its documentation puts it together.

use std::sync::OnceLock;

use axum::body::Body;
use axum_prometheus::PrometheusMetricLayer;
use axum_prometheus::metrics_exporter_prometheus::PrometheusHandle;
use http::Request;
use sentry_tower::{NewSentryLayer, SentryHttpLayer};
use tower::{Layer, ServiceBuilder};
use tower_helmet::HelmetLayer;

use crate::ours::NOTHING;
use crate::service::{Nothing, driven, get, runtime};
use crate::{Case, Subject};

pub const AXUM_PROMETHEUS: &str = "axum_prometheus.layer";
pub const SENTRY_TOWER: &str = "sentry_tower.pair";
pub const TOWER_HELMET: &str = "tower_helmet.layer";

pub const CASES: &[Case] = &[
    Case { name: AXUM_PROMETHEUS, floor: NOTHING, begin: axum_prometheus },
    Case { name: SENTRY_TOWER, floor: NOTHING, begin: sentry_tower },
    Case {
        name: TOWER_HELMET,
        floor: NOTHING,
        begin: || driven(HelmetLayer::with_defaults().layer(Nothing), get),
    },
];

/// One for a process: it sets the global recorder.
pub fn prometheus_pair() -> &'static (PrometheusMetricLayer<'static>, PrometheusHandle) {
    static PAIR: OnceLock<(PrometheusMetricLayer<'static>, PrometheusHandle)> = OnceLock::new();
    PAIR.get_or_init(|| {
        // It wants one, for its upkeep.
        let runtime = runtime();
        let _entered = runtime.enter();
        PrometheusMetricLayer::pair()
    })
}

fn axum_prometheus() -> Subject {
    let (layer, handle) = prometheus_pair();
    let mut subject = driven(layer.layer(Nothing), get);
    Box::new(move |requests| {
        subject(requests);
        // Its samples are kept until they are drained, which is part of what they cost.
        handle.run_upkeep();
    })
}

fn sentry_tower() -> Subject {
    crate::ours::sentry_client();
    let pair = ServiceBuilder::new()
        .layer(NewSentryLayer::<Request<Body>>::new_from_top())
        .layer(SentryHttpLayer::new());
    driven(pair.service(Nothing), get)
}
