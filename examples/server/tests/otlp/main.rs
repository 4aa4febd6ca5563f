//! Spans of requests at a collector, and collectors that are no good.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod collector;
#[path = "../support/mod.rs"]
mod support;

mod documented;
mod outage;
mod spans;
