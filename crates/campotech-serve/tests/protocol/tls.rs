//! TLS on a real socket: both protocols, a certificate that is replaced, clients that can't.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_core::DirectTls;
use campotech_serve::{ClientBody, Networks, ProxyProtocol, Server, Tls};
use campotech_testkit::Certificate;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::service_fn;

use crate::support::{Running, echo, local, start};

const LIMIT: Duration = Duration::from_millis(300);

fn tls(certificate: &Certificate) -> Tls {
    Tls::from_pem(certificate.cert_pem.as_bytes(), certificate.key_pem.as_bytes()).unwrap()
}

fn served(server: Server, tls: Tls) -> Running {
    start(server.with_tls(tls), service_fn(echo))
}

async fn shake(stream: TcpStream, trusted: &Certificate, alpn: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn connect(addr: SocketAddr, trusted: &Certificate, alpn: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    shake(TcpStream::connect(addr).await.unwrap(), trusted, alpn).await
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> io::Result<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    let mut buffer = [0; 1024];
    let count = stream.read(&mut buffer).await?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

#[tokio::test]
async fn both_protocols_are_offered_and_the_service_knows() {
    let certificate = Certificate::new();
    let service = service_fn(|request: Request<ClientBody>| async move {
        let known = request.extensions().get::<DirectTls>().is_some();
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(known.to_string())))
    });
    let running = start(local().await.with_tls(tls(&certificate)), service);
    let mut http1 = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    assert_eq!(http1.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(ask(&mut http1).await.unwrap().ends_with("true"));
    let http2 = connect(running.addr, &certificate, b"h2").await.unwrap();
    assert_eq!(http2.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(http2)).await.unwrap();
    tokio::spawn(conn);
    let request = Request::get("https://localhost/").body(Empty::<Bytes>::new()).unwrap();
    let body = sender.send_request(request).await.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "true");
    assert_eq!(running.stats.snapshot().failed_tls, 0);
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_a_wrong_one_for_none() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let handle = tls(&old);
    let running = served(local().await, handle.clone());
    let mut before = connect(running.addr, &old, b"http/1.1").await.unwrap();
    for (chain, key) in [(&new.cert_pem, &old.key_pem), (&new.key_pem, &new.key_pem)] {
        handle.reload(chain.as_bytes(), key.as_bytes()).unwrap_err();
        connect(running.addr, &old, b"http/1.1").await.unwrap();
    }
    handle.reload(new.cert_pem.as_bytes(), new.key_pem.as_bytes()).unwrap();
    let mut after = connect(running.addr, &new, b"http/1.1").await.unwrap();
    assert!(ask(&mut after).await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(ask(&mut before).await.unwrap().starts_with("HTTP/1.1 200"), "what is open stays");
    connect(running.addr, &old, b"http/1.1").await.unwrap_err();
    running.until(|s| s.failed_tls == 1).await;
}

#[tokio::test]
async fn who_speaks_no_tls_or_nothing_is_closed_and_counted() {
    let certificate = Certificate::new();
    let server = local().await.with_first_request_timeout(LIMIT).unwrap();
    let running = served(server, tls(&certificate));
    let mut plain = running.client().await;
    plain.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let said = plain.read_to_close().await.unwrap_or_default();
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    connect(running.addr, &certificate, b"spdy/1").await.unwrap_err();
    let began = Instant::now();
    let _ = running.client().await.read_to_close().await;
    assert!((LIMIT..LIMIT * 4).contains(&began.elapsed()), "{:?}", began.elapsed());
    // One that shakes hands, and then says nothing, has what is left of the same time.
    let began = Instant::now();
    let mut silent = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    let _ = silent.read(&mut [0]).await;
    assert!((LIMIT..LIMIT * 4).contains(&began.elapsed()), "{:?}", began.elapsed());
    let stats = running.stats.snapshot();
    assert_eq!((stats.failed_tls, stats.timed_out_silent, stats.requests), (2, 2, 0));
    // A balancer that only looks whether the port is open.
    drop(running.client().await);
    running.until(|s| s.accepted == 5 && s.active == 0).await;
    let stats = running.stats.snapshot();
    assert_eq!((stats.failed_tls, stats.timed_out_silent), (2, 2));
}

#[tokio::test]
async fn a_refusal_of_a_full_server_says_to_come_by_tls() {
    let certificate = Certificate::new();
    let full = local().await.with_max_connections(1.try_into().unwrap());
    let running = served(full, tls(&certificate));
    let mut only = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    assert!(ask(&mut only).await.unwrap().starts_with("HTTP/1.1 200"));
    let mut late = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    let refused = ask(&mut late).await.unwrap();
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    for line in
        ["strict-transport-security: max-age=31536000; includeSubDomains\r\n", "cache-control: no-store\r\n"]
    {
        assert!(refused.contains(line), "{refused}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_a_stalled_write_here_too() {
    let certificate = Certificate::new();
    let service = service_fn(|request: Request<ClientBody>| async move {
        // The small one is all within the buffers of TLS once the socket is full.
        let bytes = if request.uri().path() == "/" { 64 << 20 } else { 1 };
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(vec![b'x'; bytes])))
    });
    let server = local().await.with_write_stall_timeout(LIMIT).unwrap().with_tls(tls(&certificate));
    let running = start(server, service);
    let mut client = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.timed_out_write_stall == 1 && s.active == 0).await;
    let mut reading = connect(running.addr, &certificate, b"http/1.1").await.unwrap();
    reading.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut total, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        let count = reading.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        total += count;
    }
    assert!(total > 64 << 20, "{total}");
}

#[tokio::test]
async fn a_proxy_says_who_the_client_is_ahead_of_the_handshake() {
    let certificate = Certificate::new();
    let here = ProxyProtocol::required_from(Networks::parse("127.0.0.0/8").unwrap()).unwrap();
    let running = served(local().await.with_proxy_protocol(here), tls(&certificate));
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n").await.unwrap();
    let mut stream = shake(stream, &certificate, b"http/1.1").await.unwrap();
    assert!(ask(&mut stream).await.unwrap().ends_with("[2001:db8::7]:4711 "));
    running.trigger.drain();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "with a goodbye of TLS");
    assert_eq!(running.task.await.unwrap().aborted, 0);
}
