//! The HTTP check over TLS: whom it trusts, and when certificates end.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use campotech_health::{Check, CheckResult, ComponentStatus, HttpCheck, Measure, Reason};
use common::patient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::{default_provider, sign::any_ecdsa_type};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

const DAY: Duration = Duration::from_hours(24);

/// A server whose certificate can be changed while it runs, as good servers do.
struct Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
    shown: Arc<Shown>,
}

#[derive(Debug)]
struct Shown(Mutex<Arc<CertifiedKey>>);

/// A certificate for localhost that signs itself.
struct Certificate {
    key: Arc<CertifiedKey>,
    ends: f64,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.lock().unwrap()))
    }
}

impl Certificate {
    fn until(end: SystemTime) -> Self {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = end.into();
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().clone();
        let key = any_ecdsa_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
        let ends = end.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64().floor();
        Self { key: Arc::new(CertifiedKey::new(vec![der], key)), ends }
    }

    fn lasting(left: Duration) -> Self {
        Self::until(SystemTime::now() + left)
    }

    fn der(&self) -> Vec<u8> {
        self.key.cert[0].to_vec()
    }
}

impl Server {
    async fn new(certificate: &Certificate, answer: &'static [u8]) -> Self {
        let shown = Arc::new(Shown(Mutex::new(Arc::clone(&certificate.key))));
        let resolver: Arc<dyn ResolvesServerCert> = shown.clone();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while let Ok(byte) = stream.read_u8().await {
                        head.push(byte);
                        if head.ends_with(b"\r\n\r\n") {
                            stream.write_all(answer).await.unwrap();
                        }
                    }
                });
            }
        });
        Self { port, accepted, shown }
    }

    fn show(&self, certificate: &Certificate) {
        *self.shown.0.lock().unwrap() = Arc::clone(&certificate.key);
    }

    fn check<'a>(&self, trusted: impl IntoIterator<Item = &'a Certificate>) -> HttpCheck {
        let check = patient(&format!("https://localhost:{}/live", self.port));
        check.with_root_certificates(trusted.into_iter().map(Certificate::der)).unwrap()
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn reason(result: &CheckResult) -> (ComponentStatus, Reason) {
    (result.status(), result.reason())
}

fn expiry(result: &CheckResult) -> Option<f64> {
    result.measures().get(Measure::CertificateExpiry)
}

const FINE: (ComponentStatus, Reason) = (ComponentStatus::Healthy, Reason::Ok);
const EXPIRING: (ComponentStatus, Reason) = (ComponentStatus::Degraded, Reason::TlsExpiring);

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OOPS: &[u8] = b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_certificate_that_ends_soon_is_a_warning() {
    let (long, short) = (Certificate::lasting(15 * DAY), Certificate::lasting(13 * DAY));
    let server = Server::new(&long, OK).await;
    let result = server.check([&long]).run().await;
    assert_eq!((reason(&result), expiry(&result)), (FINE, Some(long.ends)));
    let wary = server.check([&long]).with_certificate_warning(16 * DAY);
    assert_eq!(reason(&wary.run().await), EXPIRING);

    server.show(&short);
    let result = server.check([&short]).run().await;
    assert_eq!((reason(&result), expiry(&result)), (EXPIRING, Some(short.ends)));
    let message = result.message().unwrap();
    assert!(message.contains("311 hours"), "{message}");
    let careless = server.check([&short]).with_certificate_warning(Duration::ZERO);
    let result = careless.run().await;
    assert_eq!((reason(&result), expiry(&result)), (FINE, Some(short.ends)));
}

#[tokio::test]
async fn what_is_worse_than_a_warning_stays() {
    let short = Certificate::lasting(DAY);
    let server = Server::new(&short, OOPS).await;
    let result = server.check([&short]).run().await;
    assert_eq!(reason(&result), (ComponentStatus::Unhealthy, Reason::BadStatus));
    assert_eq!(expiry(&result), Some(short.ends), "the end is told all the same");
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_no_certificate() {
    let ended = Certificate::until(SystemTime::now() - DAY);
    let server = Server::new(&ended, OK).await;
    let result = server.check([&ended]).run().await;
    assert_eq!((reason(&result), expiry(&result)), ((ComponentStatus::Unhealthy, Reason::Tls), None));
}

#[tokio::test]
async fn a_certificate_that_was_renewed_is_seen_with_the_next_connection() {
    let (old, new) = (Certificate::lasting(3 * DAY), Certificate::lasting(90 * DAY));
    let server = Server::new(&old, OK).await;
    let check = server.check([&old, &new]).with_runs_per_connection(NonZeroU32::new(3).unwrap());
    assert_eq!(reason(&check.run().await), EXPIRING);
    server.show(&new);
    for _ in 0..2 {
        let result = check.run().await;
        assert_eq!((reason(&result), expiry(&result)), (EXPIRING, Some(old.ends)), "the same connection");
    }
    assert_eq!(server.accepted(), 1);
    // Not with the session of the first one, which the server would resume.
    let result = check.run().await;
    assert_eq!((reason(&result), expiry(&result)), (FINE, Some(new.ends)));
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_does_not_outlive_its_certificate() {
    let short = Certificate::lasting(Duration::from_secs(4));
    let server = Server::new(&short, OK).await;
    let check = server.check([&short]).with_runs_per_connection(NonZeroU32::MAX);
    let check = check.with_certificate_warning(Duration::ZERO);
    for _ in 0..2 {
        assert_eq!(reason(&check.run().await), FINE);
    }
    assert_eq!(server.accepted(), 1);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(reason(&check.run().await), (ComponentStatus::Unhealthy, Reason::Tls));
}

#[tokio::test]
async fn a_certificate_has_to_be_trusted_and_to_match() {
    let certificate = Certificate::lasting(90 * DAY);
    let port = Server::new(&certificate, OK).await.port;
    let check = |host: &str| patient(&format!("https://{host}:{port}/live"));
    let roots = || [certificate.der()];
    let trusting = check("localhost").with_root_certificates(roots()).unwrap();
    assert_eq!(reason(&trusting.run().await), FINE);
    assert_eq!(check("localhost").run().await.reason(), Reason::Tls, "Mozilla does not know it");
    let other_name = check("127.0.0.1").with_root_certificates(roots()).unwrap();
    assert_eq!(other_name.run().await.reason(), Reason::Tls);
    assert!(check("localhost").with_root_certificates([]).is_err());
    assert!(check("localhost").with_root_certificates([vec![1, 2, 3]]).is_err());

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/live", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    assert_eq!(patient(&url).run().await.reason(), Reason::Tls);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/live", silent.local_addr().unwrap());
    let silent_check =
        HttpCheck::new("peer", &url).unwrap().with_connect_timeout(Duration::from_millis(50)).unwrap();
    assert_eq!(silent_check.run().await.reason(), Reason::Timeout);
}
