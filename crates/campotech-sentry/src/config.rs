//! What Sentry is told.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::kinds;
use sentry::types::Dsn;
use sentry::{ClientOptions, TransportFactory};

use crate::{ConfigError, StormLimit};

/// The settings of [`init`](crate::init); no environment variable is read.
///
/// # Defaults
/// No DSN, so nothing is sent; every event within the [`StormLimit`], no traces, no sessions, a queue of 100 envelopes,
/// 2 s to send what is queued when the guard is dropped; `temporary-reduced-capacity` is expected.
#[derive(Clone)]
#[must_use]
pub struct SentryConfig {
    pub(crate) dsn: Option<Dsn>,
    pub(crate) environment: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) sample_rate: f32,
    pub(crate) traces_sample_rate: f32,
    pub(crate) request_sessions: bool,
    pub(crate) storm_limit: StormLimit,
    pub(crate) expected: Vec<String>,
    pub(crate) contexts: Vec<String>,
    pub(crate) queue: NonZeroUsize,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) transport: Option<Arc<dyn TransportFactory>>,
}

impl SentryConfig {
    /// Settings without a DSN: everything is a no-op until one is given.
    pub fn new() -> Self {
        Self {
            dsn: None,
            environment: None,
            release: None,
            sample_rate: 1.0,
            traces_sample_rate: 0.0,
            request_sessions: false,
            storm_limit: StormLimit::new(),
            expected: vec![kinds::TEMPORARY_REDUCED_CAPACITY.code().to_owned()],
            contexts: Vec::new(),
            queue: ClientOptions::new()
                .transport_channel_capacity(100)
                .transport_channel_capacity
                .unwrap_or(NonZeroUsize::MIN),
            shutdown_timeout: Duration::from_secs(2),
            transport: None,
        }
    }

    /// Sends to this DSN; an empty one is none.
    ///
    /// # Errors
    /// [`ConfigError::Dsn`], which does not repeat it.
    pub fn with_dsn(mut self, dsn: &str) -> Result<Self, ConfigError> {
        let dsn = dsn.trim();
        self.dsn = if dsn.is_empty() { None } else { Some(dsn.parse().map_err(|_| ConfigError::Dsn)?) };
        Ok(self)
    }

    /// Where this runs, such as `production`.
    pub fn with_environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// What runs, such as `campotech-server@1.4.2`.
    pub fn with_release(mut self, release: impl Into<String>) -> Self {
        self.release = Some(release.into());
        self
    }

    /// The share of events that is sent.
    ///
    /// # Errors
    /// [`ConfigError::SampleRate`].
    pub fn with_sample_rate(mut self, rate: f32) -> Result<Self, ConfigError> {
        self.sample_rate = share("sample_rate", rate)?;
        Ok(self)
    }

    /// The share of requests that is traced.
    ///
    /// # Errors
    /// [`ConfigError::SampleRate`].
    pub fn with_traces_sample_rate(mut self, rate: f32) -> Result<Self, ConfigError> {
        self.traces_sample_rate = share("traces_sample_rate", rate)?;
        Ok(self)
    }

    /// Counts every request as a session of the release, summed up per minute; needs a release.
    pub const fn with_request_sessions(mut self, count: bool) -> Self {
        self.request_sessions = count;
        self
    }

    /// How much of a storm of errors is sent; the rest is counted.
    pub const fn with_storm_limit(mut self, limit: StormLimit) -> Self {
        self.storm_limit = limit;
        self
    }

    /// Codes of errors that are no news: answers of such a problem and log lines with such a `code` become no event.
    /// In place of the default.
    pub fn with_expected<I>(mut self, codes: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.expected = codes.into_iter().map(Into::into).collect();
        self
    }

    /// Contexts of the service's own that may leave, scrubbed; others are dropped whole.
    pub fn with_contexts<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.contexts = names.into_iter().map(Into::into).collect();
        self
    }

    /// How many envelopes wait for a receiver that is slow or away; more are dropped, nobody waits.
    pub const fn with_queue(mut self, envelopes: NonZeroUsize) -> Self {
        self.queue = envelopes;
        self
    }

    /// How long dropping the guard may take.
    pub const fn with_shutdown_timeout(mut self, time: Duration) -> Self {
        self.shutdown_timeout = time;
        self
    }

    /// Sends what was scrubbed by another transport, such as that of `sentry::test`.
    pub fn with_transport(mut self, transport: Arc<dyn TransportFactory>) -> Self {
        self.transport = Some(transport);
        self
    }
}

impl Default for SentryConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SentryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryConfig")
            .field("dsn", &self.dsn.as_ref().map(|_| "[set]"))
            .field("environment", &self.environment)
            .field("release", &self.release)
            .field("sample_rate", &self.sample_rate)
            .field("traces_sample_rate", &self.traces_sample_rate)
            .finish_non_exhaustive()
    }
}

fn share(setting: &'static str, rate: f32) -> Result<f32, ConfigError> {
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err(ConfigError::SampleRate { setting }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_dsn_is_an_error_that_does_not_repeat_it() {
        for bad in
            ["hunter2", "https://hunter2", "https://hunter2@", "ftp://hunter2@h/1", "https://hunter2@h/"]
        {
            let error = SentryConfig::new().with_dsn(bad).unwrap_err();
            assert_eq!(error, ConfigError::Dsn);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        assert!(SentryConfig::new().with_dsn(" ").unwrap().dsn.is_none());
        let fine = SentryConfig::new().with_dsn("https://hunter2@h.example/1").unwrap();
        assert!(fine.dsn.is_some() && !format!("{fine:?}").contains("hunter2"));
    }

    #[test]
    fn a_rate_is_a_share() {
        for bad in [-0.1, 1.1, f32::NAN] {
            assert!(SentryConfig::new().with_sample_rate(bad).is_err());
            assert!(SentryConfig::new().with_traces_sample_rate(bad).is_err());
        }
    }
}
