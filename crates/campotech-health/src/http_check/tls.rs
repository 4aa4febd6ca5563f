//! TLS to the other side, with rustls.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Whom to trust, and as whom the other side has to show itself.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// Trusts Mozilla's roots.
    pub(super) fn new(host: &str) -> Result<Self, &'static str> {
        Self::trusting(host, mozilla())
    }

    /// Trusts these roots only, in DER.
    pub(super) fn with_roots(
        host: &str,
        roots: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, &'static str> {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(CertificateDer::from(root)).map_err(|_| "has a root certificate that is not DER")?;
        }
        if store.is_empty() {
            return Err("has no root certificate");
        }
        Self::trusting(host, store)
    }

    fn trusting(host: &str, roots: RootCertStore) -> Result<Self, &'static str> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| "names no valid host")?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| "needs a TLS version that is not there")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // A resumed session shows the certificate of the first one, and nobody looks whether it still holds.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), name })
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn mozilla() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_roots_are_trusted() {
        let knows =
            |name: &[u8]| mozilla().roots.iter().any(|r| r.subject.windows(name.len()).any(|w| w == name));
        assert!(knows(b"ISRG Root X1"));
        assert!(!knows(b"CampoTech"));
    }
}
