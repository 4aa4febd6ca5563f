//! A public listener that speaks https, with a certificate from files.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use campotech::PlatformError;
use campotech_testkit::Certificate;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::routes;
use crate::support::{platform, start};

struct Files(TempDir);

impl Files {
    fn of(certificate: &Certificate) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.hold(&certificate.cert_pem, &certificate.key_pem);
        files
    }

    fn hold(&self, cert: &str, key: &str) {
        std::fs::write(self.0.path().join("crt"), cert).unwrap();
        std::fs::write(self.0.path().join("key"), key).unwrap();
    }

    fn variables(&self) -> [(&'static str, String); 2] {
        let path = |name| self.0.path().join(name).to_str().unwrap().to_owned();
        [("CAMPOTECH_TLS_CERT", path("crt")), ("CAMPOTECH_TLS_KEY", path("key"))]
    }
}

/// The answer to a client that trusts nobody else.
async fn get(addr: SocketAddr, trusted: &Certificate, path: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.ca_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn https_is_served_and_known_and_its_certificate_renewed() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let files = Files::of(&old);
    let variables = files.variables();
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let running = start(platform(&variables), routes()).await;
    let answer = get(running.addr, &old, "/hello").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    assert!(answer.contains("strict-transport-security: "), "the layers know: {answer}");
    let renew = || Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status().unwrap();
    // Half of a renewal changes nothing.
    files.hold(&new.cert_pem, &old.key_pem);
    assert!(renew().success());
    tokio::time::sleep(Duration::from_millis(200)).await;
    get(running.addr, &old, "/live").await.unwrap();
    files.hold(&new.cert_pem, &new.key_pem);
    assert!(renew().success());
    let renewed = async {
        while get(running.addr, &new, "/live").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_ends_the_start() {
    let (one, two) = (Certificate::new(), Certificate::new());
    let files = Files::of(&one);
    let start = async || {
        let variables = files.variables();
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        platform(&variables).bind(routes()).await.err().unwrap()
    };
    files.hold(&one.cert_pem, &two.key_pem);
    let error = start().await;
    assert!(matches!(error, PlatformError::Build { part: "CAMPOTECH_TLS_CERT", .. }), "{error}");
    std::fs::remove_file(files.0.path().join("key")).unwrap();
    let error = start().await;
    assert!(matches!(error, PlatformError::File { variable: "CAMPOTECH_TLS_KEY", .. }), "{error}");
}
