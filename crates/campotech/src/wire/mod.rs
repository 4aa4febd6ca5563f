//! One file for each pair of crates that talk.

mod attack_evidence;
pub(crate) mod drain_flush;
pub(crate) mod external_checks;
pub(crate) mod guards;
pub(crate) mod health_age;
pub(crate) mod log_metrics;
#[cfg(feature = "postgres")]
pub(crate) mod pool_metrics;
pub(crate) mod runtime_metrics;
pub(crate) mod runtime_stall;
pub(crate) mod sentry_metrics;
pub(crate) mod sentry_settings;
pub(crate) mod serve_metrics;
mod shared_limits;
pub(crate) mod tls_files;
