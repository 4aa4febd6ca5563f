#![doc = include_str!("../README.md")]

mod client;
mod config;
mod counts;
mod error;
mod gate;
mod layer;
mod panics;
mod queue;
mod scrub;
mod sessions;
mod storm;

pub use client::{SentryGuard, init};
pub use config::SentryConfig;
pub use counts::SentryCounts;
pub use error::ConfigError;
pub use layer::{SentryBody, SentryFuture, SentryLayer, SentryService};
pub use scrub::{FILTERED, scrub_field, scrub_text};
pub use sentry;
pub use storm::StormLimit;
