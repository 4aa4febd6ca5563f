//! JSON bodies through the gate and through detection, beside `serde_json` that skips the same text.

use std::hint::black_box;

use axum::body::Body;
use bytes::Bytes;
use campotech_core::RawBody;
use campotech_security::inspect::InspectLayer;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use serde::de::IgnoredAny;
use tower::{Layer, Service};

use crate::Subject;
use crate::service::Nothing;

/// Work orders as a client sends them in bulk: half of the bytes are text.
const ORDERS: usize = 60;

fn text() -> String {
    let orders = (0..ORDERS).map(|n| {
        format!(
            r#"{{"id":"0190a8f0-7c3e-7b1a-9d2e-{n:012}","title":"Cambiar la canilla de la cocina","description":"El cliente dice que pierde agua desde ayer a la noche, llamar antes de ir y llevar repuestos para 1 o 2 llaves.","customer_phone":"+54 9 11 5555-{n:04}","priority":"normal","scheduled_at":"2026-11-{:02}T14:30:00-03:00","total":45000.5,"paid":false,"tags":["plomeria","garantia"],"location":{{"lat":-34.6037,"lon":-58.3816}}}}"#,
            n % 28 + 1
        )
    });
    format!("[{}]", orders.collect::<Vec<_>>().join(","))
}

fn through(layer: &InspectLayer) -> Subject {
    let body = Bytes::from(text());
    let mut service = layer.layer(Nothing);
    Box::new(move |requests| {
        for _ in 0..requests {
            let mut request = Request::new(Body::empty());
            *request.method_mut() = Method::POST;
            request.headers_mut().insert(HOST, HeaderValue::from_static("x"));
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.extensions_mut().insert(RawBody(body.clone()));
            black_box(service.call(request));
        }
    })
}

/// The gate alone.
pub fn gate() -> Subject {
    through(&InspectLayer::new().without_detection())
}

/// The gate and detection, as it is by default.
pub fn detection() -> Subject {
    through(&InspectLayer::new())
}

/// What a reader does that wants nothing of it.
///
/// # Panics
/// The text is no JSON.
pub fn serde_json() -> Subject {
    let body = Bytes::from(text());
    Box::new(move |requests| {
        for _ in 0..requests {
            black_box(serde_json::from_slice::<IgnoredAny>(black_box(&body)).expect("JSON"));
        }
    })
}
