//! What can be wrong before Sentry starts.

/// A setting that can't work. The message never repeats a DSN: it holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The DSN is not of the form `https://<key>@<host>/<project>`.
    #[error("the Sentry DSN is malformed; expected https://<key>@<host>/<project>")]
    Dsn,
    /// A sample rate is a share: 0 is nothing, 1 is everything.
    #[error("{setting} must be between 0 and 1")]
    SampleRate {
        /// Which rate.
        setting: &'static str,
    },
}

impl ConfigError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Dsn => "dsn",
            Self::SampleRate { .. } => "sample-rate",
        }
    }
}
