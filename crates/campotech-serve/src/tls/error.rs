//! What can be wrong with a certificate and its key.

use tokio_rustls::rustls;

/// A certificate or key that can't be used; the one before stays in use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The text holds no certificate in PEM form, or one that can't be read.
    #[error("there is no certificate in PEM form")]
    Certificate,
    /// The text holds no private key in PEM form, or one that can't be read.
    #[error("there is no private key in PEM form")]
    Key,
    /// The key is not that of the first certificate.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// The certificate or the key is of a kind that is not supported.
    #[error("the certificate or the key can't be used")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl TlsError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::Mismatch => "mismatch",
            Self::Unusable(_) => "unusable",
        }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch) => Self::Mismatch,
            error => Self::Unusable(error.into()),
        }
    }
}
