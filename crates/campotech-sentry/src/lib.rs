#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod layer;
mod panics;
mod scrub;

pub use client::{SentryGuard, init};
pub use config::SentryConfig;
pub use error::ConfigError;
pub use layer::{SentryBody, SentryFuture, SentryLayer, SentryService};
pub use scrub::{FILTERED, scrub_text};
pub use sentry;
