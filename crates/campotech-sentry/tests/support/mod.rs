//! A receiver that keeps what arrives, and an application that gives everything away.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use campotech_sentry::{SentryConfig, SentryGuard, init};
use campotech_testkit::{RawConnection, RawResponse, ScriptedBody, Step};
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

/// A real HTTP receiver of envelopes, on a thread of its own.
#[derive(Clone)]
pub(crate) struct Receiver {
    addr: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let keep = Arc::clone(&keep);
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    loop {
                        let (mut length, mut line) = (0, String::new());
                        loop {
                            line.clear();
                            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                                return;
                            }
                            if let Some((name, value)) = line.split_once(':')
                                && name.eq_ignore_ascii_case("content-length")
                            {
                                length = value.trim().parse().unwrap();
                            }
                            if line == "\r\n" {
                                break;
                            }
                        }
                        let mut body = vec![0; length];
                        stream.read_exact(&mut body).unwrap();
                        keep.lock().unwrap().push(String::from_utf8(body).unwrap());
                        stream
                            .get_mut()
                            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                            .unwrap();
                    }
                });
            }
        });
        Self { addr, got }
    }

    pub(crate) fn config(&self) -> SentryConfig {
        SentryConfig::new()
            .with_dsn(&format!("http://thekey@{}/1", self.addr))
            .unwrap()
            .with_environment("test")
            .with_release("campotech@1.2.3")
    }

    pub(crate) fn init(&self) -> SentryGuard {
        init(self.config()).unwrap()
    }

    /// Lets go of what has arrived.
    pub(crate) fn forget(&self, guard: &SentryGuard) {
        self.envelopes(guard);
        *self.got.lock().unwrap() = Vec::new();
    }

    /// What has arrived once everything queued was sent: the raw envelopes.
    pub(crate) fn envelopes(&self, guard: &SentryGuard) -> Vec<String> {
        assert!(guard.flush(Duration::from_secs(10)));
        self.got.lock().unwrap().clone()
    }
}

/// The payloads of the items of `kind` in `envelopes`.
pub(crate) fn items(envelopes: &[String], kind: &str) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    for envelope in envelopes {
        let mut lines = envelope.lines().skip(1);
        while let (Some(header), Some(payload)) = (lines.next(), lines.next()) {
            let header: serde_json::Value = serde_json::from_str(header).unwrap();
            if header["type"] == kind {
                found.push(serde_json::from_str(payload).unwrap());
            }
        }
    }
    found
}

pub(crate) type Body = UnsyncBoxBody<Bytes, campotech_testkit::ScriptedError>;

/// `/panic`, `/panic-body`, `/sync` (panics in `call`), `/500`, anything else is 200.
pub(crate) async fn app<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let answer = |status: u16| {
        Ok(Response::builder().status(status).body(ScriptedBody::chunks(["fine"]).boxed_unsync()).unwrap())
    };
    match request.uri().path() {
        "/panic" => panic!("no job for ana@example.com"),
        "/panic-body" => {
            let first =
                ScriptedBody::new([Step::Data("begin".into()), Step::Pause(Duration::from_millis(10))]);
            Ok(Response::new(first.with_trailers(async { panic!("while streaming") }).boxed_unsync()))
        }
        "/500" => answer(500),
        "/error" => {
            sentry::capture_message("seen by the handler", sentry::Level::Error);
            answer(500)
        }
        _ => answer(200),
    }
}

pub(crate) async fn get(addr: SocketAddr, path: &str, headers: &str) -> std::io::Result<RawResponse> {
    let mut client = RawConnection::open(addr).await?;
    client.send(format!("GET {path} HTTP/1.1\r\nhost: campo.example\r\n{headers}\r\n")).await?;
    client.receive().await
}
