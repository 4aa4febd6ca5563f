//! Configuration -> error tracking.

use campotech_sentry::{ConfigError, SentryConfig, SentryGuard};

use crate::config::{Secret, Settings};
use crate::error::PlatformError;
use crate::platform::Service;

pub(crate) fn init(settings: &Settings, service: Service) -> Result<SentryGuard, PlatformError> {
    config(settings, service).and_then(campotech_sentry::init).map_err(PlatformError::build("SENTRY_DSN"))
}

fn config(settings: &Settings, service: Service) -> Result<SentryConfig, ConfigError> {
    let Service { name, version } = service;
    let release = settings.sentry_release.clone().unwrap_or_else(|| format!("{name}@{version}"));
    let mut config = SentryConfig::new()
        .with_dsn(settings.sentry_dsn.as_ref().map_or("", Secret::expose))?
        .with_release(release)
        .with_request_sessions(true)
        .with_traces_sample_rate(settings.sentry_traces_sample_rate)?;
    if let Some(environment) = &settings.sentry_environment {
        config = config.with_environment(environment);
    }
    Ok(config)
}
