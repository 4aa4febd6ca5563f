//! Configuration -> error tracking.

use campotech_sentry::{ConfigError, SentryConfig, SentryGuard};

use crate::config::{Secret, Settings};
use crate::error::PlatformError;
use crate::platform::Service;

pub(crate) fn init(settings: &Settings, service: Service) -> Result<SentryGuard, PlatformError> {
    config(settings, service).and_then(campotech_sentry::init).map_err(PlatformError::build("SENTRY_DSN"))
}

fn config(settings: &Settings, service: Service) -> Result<SentryConfig, ConfigError> {
    let release = settings.sentry_release.clone().unwrap_or_else(|| release(service));
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

/// As Sentry writes releases: the revision is semver's build metadata.
fn release(Service { name, version, revision }: Service) -> String {
    match revision {
        Some(revision) => format!("{name}@{version}+{revision}"),
        None => format!("{name}@{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_the_revision_where_there_is_one() {
        let service = Service::new("billing", "1.2.3");
        assert_eq!(release(service), "billing@1.2.3");
        assert_eq!(release(service.with_revision(Some("a1b2c3"))), "billing@1.2.3+a1b2c3");
    }
}
