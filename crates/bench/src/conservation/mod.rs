//! Ten thousand requests that end wherever a seed says: what a layer says of them when all of them are over.
//!
//! A request is in one of its counters, or it is lost. None is in flight any more, so what a gauge has of them is wrong and
//! counts for nothing. Peers count when the head of an answer is there: one that breaks off later is whole to them, and not lost.

mod plan;
mod sides;

pub use sides::{AXUM_PROMETHEUS, Left, OPENTELEMETRY, OURS, conserve, left};
