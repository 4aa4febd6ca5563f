//! What the connections to database and Redis trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// Root certificates: Mozilla's, and those of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsRoots {
    extra: Vec<CertificateDer<'static>>,
}

impl TlsRoots {
    /// Reads the certificates of a PEM file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &str) -> Result<Self, String> {
        let path = PathBuf::from(path);
        let extra = certificates(&path).ok_or("is no readable file of certificates in PEM")?;
        if extra.is_empty() {
            return Err("is a file without a certificate".to_owned());
        }
        let mut probe = RootCertStore::empty();
        let (_, unusable) = probe.add_parsable_certificates(extra.iter().cloned());
        if unusable > 0 {
            Err("holds a certificate that can't be used".to_owned())
        } else {
            Ok(Self { extra })
        }
    }

    /// What a client connects with: TLS 1.2 or 1.3, every certificate verified.
    ///
    /// # Panics
    /// Never: the provider supports these versions.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let Ok(builder) = builder.with_safe_default_protocol_versions() else {
            unreachable!("ring has TLS 1.2 and 1.3")
        };
        builder.with_root_certificates(roots).with_no_client_auth()
    }
}

fn certificates(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(path).ok()?.collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roots.pem");
        assert!(TlsRoots::read(file.to_str().unwrap()).unwrap_err().contains("no readable file"));
        std::fs::write(&file, "hunter2").unwrap();
        assert!(TlsRoots::read(file.to_str().unwrap()).unwrap_err().contains("without a certificate"));
        let broken = "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n";
        std::fs::write(&file, broken).unwrap();
        assert!(TlsRoots::read(file.to_str().unwrap()).unwrap_err().contains("can't be used"));
        assert!(!TlsRoots::default().client().alpn_protocols.iter().any(|p| !p.is_empty()));
    }
}
