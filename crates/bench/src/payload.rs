//! The payload layer: a request without a body, and one with a small one.

use axum::body::Body;
use campotech_security::payload::PayloadLayer;
use tower::Layer;

use crate::Case;
use crate::ours::NOTHING;
use crate::service::{Nothing, driven, get, post};

const POSTED: &str = "nothing.post";

pub const CASES: &[Case] = &[
    Case { name: "security.payload_get", floor: NOTHING, begin: || driven(layer().layer(Nothing), get) },
    Case { name: POSTED, floor: POSTED, begin: || driven(Nothing, post) },
    Case { name: "security.payload_post", floor: POSTED, begin: || driven(layer().layer(Nothing), post) },
];

fn layer() -> PayloadLayer<Body> {
    PayloadLayer::new(256 << 10)
}
