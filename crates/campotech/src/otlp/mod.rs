//! Spans of requests to an OpenTelemetry collector: OTLP over HTTP, bounded everywhere.

mod client;
mod export;
mod ids;
mod queue;
mod request;
mod settings;
mod traces;

pub(crate) use request::{begin_request, begin_work, end_request};
pub use settings::OTLP_VARIABLES;
pub(crate) use settings::TraceSettings;
pub(crate) use traces::Traces;
