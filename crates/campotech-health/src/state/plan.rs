//! What was built and never changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::thresholds::Thresholds;
use crate::check::Component;

/// What was built and never changes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) service: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) components: Vec<Component>,
    pub(crate) born: Instant,
}

/// When checks run and what becomes of their results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) reprobe: Duration,
    pub(crate) max_age: Duration,
    pub(crate) thresholds: Thresholds,
}
