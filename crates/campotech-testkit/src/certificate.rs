//! A certificate for the loopback interface.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// A certificate for 127.0.0.1 and localhost, and the authority that signed it.
#[derive(Clone)]
pub struct Certificate {
    /// The authority's, as PEM.
    pub ca_pem: String,
    /// The server's, as PEM.
    pub cert_pem: String,
    /// The server's key, as PEM.
    pub key_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("cert_pem", &self.cert_pem).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Makes a new one, of an authority of its own.
    ///
    /// # Panics
    /// When the system has no random numbers.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    #[must_use]
    pub fn new() -> Self {
        let mut ca = CertificateParams::new([]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        ca.distinguished_name.push(DnType::CommonName, "campotech-testkit authority");
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut leaf = CertificateParams::new(names).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "campotech-testkit server");
        let leaf = leaf.signed_by(&key, &ca).unwrap();
        Self {
            ca_pem: pem("CERTIFICATE", ca.der()),
            cert_pem: pem("CERTIFICATE", leaf.der()),
            key_pem: pem("PRIVATE KEY", &key.serialize_der()),
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap());
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.collect::<Vec<_>>().join("\n"))
}
