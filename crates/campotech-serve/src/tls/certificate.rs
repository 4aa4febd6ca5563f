//! A certificate, its key, and the settings that serve them.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

use super::TlsError;

/// TLS 1.2 and 1.3 with one certificate, offering HTTP/2 and HTTP/1.1. Clones are the same, so that one that was kept
/// [reloads](Self::reload) the certificate of a running server.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    provider: Arc<CryptoProvider>,
}

/// What the next handshake is answered with.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Tls {
    /// With a chain of certificates, the server's own first, and its key, both in PEM form.
    ///
    /// # Errors
    /// [`TlsError`] where one can't be read, or they don't belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = Arc::new(Current(RwLock::new(certified(chain, key, &provider)?)));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = ring::Ticketer::new()?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current, provider })
    }

    /// Answers every handshake from now on with this certificate. Connections that are open stay as they are.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem); the certificate before stays in use then.
    pub fn reload(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let next = certified(chain, key, &self.provider)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    pub(crate) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn certified(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
    let certified = CertifiedKey::from_der(chain, key, provider)?;
    // A key that can't say whether it fits is refused here, and not by every client later.
    match certified.keys_match() {
        Ok(()) => Ok(Arc::new(certified)),
        Err(error) => Err(rustls::Error::into(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campotech_testkit::Certificate;

    #[test]
    fn each_mistake_has_its_error() {
        let (one, two) = (Certificate::new(), Certificate::new());
        let made = |chain: &str, key: &str| Tls::from_pem(chain.as_bytes(), key.as_bytes());
        let tls = made(&one.cert_pem, &one.key_pem).unwrap();
        for (chain, key, code) in [
            ("", one.key_pem.as_str(), "certificate"),
            (&one.key_pem, &one.key_pem, "certificate"),
            (&one.cert_pem, "", "key"),
            (&one.cert_pem, &one.cert_pem, "key"),
            (&one.cert_pem, &two.key_pem, "mismatch"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.key_pem, "unusable"),
        ] {
            assert_eq!(made(chain, key).unwrap_err().code(), code);
            assert_eq!(tls.reload(chain.as_bytes(), key.as_bytes()).unwrap_err().code(), code);
        }
        let before = Arc::clone(&tls.current.0.read().unwrap());
        assert_eq!(
            before.cert,
            certified(one.cert_pem.as_bytes(), one.key_pem.as_bytes(), &tls.provider).unwrap().cert
        );
        tls.reload(two.cert_pem.as_bytes(), two.key_pem.as_bytes()).unwrap();
        assert_ne!(before.cert, tls.current.0.read().unwrap().cert);
        assert!(!format!("{tls:?}").contains("PRIVATE"));
    }
}
