#![doc = include_str!("../README.md")]

pub mod access_log;
mod admin;
mod bind;
mod bound;
pub mod config;
mod error;
mod lifecycle;
mod listener;
mod logs;
mod maintenance;
mod ops;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "otlp/off.rs"]
mod otlp;
mod platform;
pub mod problems;
#[cfg(feature = "cpu-profile")]
mod profile;
mod request_span;
mod stack;
mod status;
mod wire;

pub use bound::Bound;
pub use error::PlatformError;
pub use lifecycle::{DrainSignal, Drained};
pub use platform::{Platform, Service};
pub use request_span::{on_behalf_of, spawn};

pub use campotech_core as core;
pub use campotech_health as health;
pub use campotech_metrics as metrics;
pub use campotech_security as security;
pub use campotech_sentry as sentry;
pub use campotech_serve as serve;
pub use campotech_validate as validate;

// The examples of the workspace's README run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
