//! TLS by rustls, with a certificate that is replaced while the server runs.

mod certificate;
mod error;

pub use certificate::Tls;
pub use error::TlsError;
