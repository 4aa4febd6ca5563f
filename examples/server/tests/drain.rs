//! SIGTERM: not ready at once, nothing lost, over in time.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use serde_json::json;
use support::{Ask, PASSWORD, Server};
use tokio::sync::watch;

const DELAY: Duration = Duration::from_millis(1_500);
const QUICK: [(&str, &str); 4] = [
    ("CAMPOTECH_DRAIN_DELAY", "1500ms"),
    ("CAMPOTECH_DRAIN_DEADLINE", "6s"),
    ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
    ("CAMPOTECH_LOG", "info"),
];

/// Creates jobs, one after the other, until nobody listens any more.
#[derive(Clone)]
struct Client {
    addr: std::net::SocketAddr,
    request: Arc<str>,
    /// Uses a connection until an answer says `Connection: close`; otherwise each for one request.
    keeps: bool,
    answered: Arc<AtomicU32>,
    /// Shortly before the signal was sent.
    signalled: watch::Receiver<Option<Instant>>,
}

impl Client {
    /// Whether the listener may be closed by now. The server counts the delay from when the signal reaches it, so it
    /// can't be earlier than this.
    fn may_be_closed(&self) -> bool {
        self.signalled.borrow().is_some_and(|signalled| signalled.elapsed() >= DELAY)
    }

    /// Fails where a request was lost.
    async fn run(self) -> Result<(), String> {
        loop {
            let mut connection = match RawConnection::open(self.addr).await {
                Ok(connection) => connection,
                Err(_) if self.may_be_closed() => return Ok(()),
                Err(error) => return Err(format!("refused while the listener should be open: {error}")),
            };
            // The one thing that no server can help: the kernel connects a client between the last `accept` and the
            // closing of the listener, and resets it. Whatever was connected before that is the server's to answer.
            let in_that_instant = self.may_be_closed();
            let mut asked = 0;
            loop {
                match self.ask(&mut connection).await {
                    Ok(more) => {
                        asked += 1;
                        self.answered.fetch_add(1, Ordering::SeqCst);
                        if !more || !self.keeps {
                            break;
                        }
                    }
                    Err(None) if in_that_instant && asked == 0 => return Ok(()),
                    Err(None) => return Err(format!("request {} of its connection was lost", asked + 1)),
                    Err(Some(other)) => return Err(other),
                }
            }
        }
    }

    /// Whether the connection may be used again; what else was answered, or nothing where nothing was.
    async fn ask(&self, connection: &mut RawConnection) -> Result<bool, Option<String>> {
        connection.send(self.request.as_bytes()).await.map_err(|_| None)?;
        let response = connection.receive().await.map_err(|_| None)?;
        if response.status != 201 {
            return Err(Some(format!("answered {}: {}", response.status, response.text())));
        }
        Ok(response.headers.get("connection").is_none_or(|value| value != "close"))
    }
}

#[tokio::test]
async fn sigterm_under_load_loses_no_request() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_logged(dir.path(), &QUICK).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let body = json!({"title": "x", "customer_phone": "011 15 2345-6789", "priority": "low"}).to_string();
    let request = format!(
        "POST /api/v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (signal, signalled) = watch::channel(None);
    let answered = Arc::new(AtomicU32::new(0));
    let client = Client {
        addr: server.addr,
        request: request.into(),
        keeps: false,
        answered: Arc::clone(&answered),
        signalled,
    };
    let clients: Vec<_> =
        (0..8).map(|n| tokio::spawn(Client { keeps: n % 2 == 0, ..client.clone() }.run())).collect();
    // A client that ends now has seen an error, which is told below.
    let working = || !clients.iter().any(tokio::task::JoinHandle::is_finished);
    while answered.load(Ordering::SeqCst) < 50 && working() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = answered.load(Ordering::SeqCst);
    signal.send_replace(Some(Instant::now()));
    server.terminate();
    let sent = Instant::now();
    let mut unready = None;
    while unready.is_none() && sent.elapsed() < Duration::from_secs(1) && working() {
        let response = server.try_ask(Ask::new("GET", "/ready").from(2)).await;
        unready = response.ok().filter(|response| response.status == 503);
    }
    if let Some(unready) = &unready {
        assert!(unready.text().contains("draining"), "{}", unready.text());
        assert_eq!(server.get(2, "/live").await.status, 200);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(answered.load(Ordering::SeqCst) > before, "served on during the delay");
    }
    for client in clients {
        client.await.unwrap().unwrap();
    }
    assert!(unready.is_some(), "/ready is 503 while the listener is open");
    let status = server.ended_within(Duration::from_secs(7)).await.expect("ended by the deadline");
    assert!(status.success(), "{status}");
    let report = |line: &str| line.contains("drained finished=");
    assert!(server.log().wait_for(Duration::from_secs(5), report), "{}", server.log().text());
    let line = server.log().all().into_iter().find(|line| report(line)).unwrap();
    assert!(line.trim_end().ends_with(" aborted=0"), "{line}");

    // What was answered is there, and nothing else: a client that was reset in that instant was never heard.
    let answered = answered.load(Ordering::SeqCst);
    let server = Server::start(dir.path(), &QUICK[..3]).ready().await;
    assert_eq!(count_jobs(&server, &token).await, answered);
}

async fn count_jobs(server: &Server, token: &str) -> u32 {
    let (mut jobs, mut path) = (0, "/api/v1/jobs?limit=100".to_owned());
    loop {
        let page = server.json(Ask::new("GET", &path).bearer(token), 200).await;
        jobs += u32::try_from(page["items"].as_array().unwrap().len()).unwrap();
        let Some(next) = page["next"].as_str() else { return jobs };
        path = format!("/api/v1/jobs?limit=100&cursor={next}");
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &QUICK[..3]).ready().await;
    let mut idle = Vec::new();
    for n in 0..20 {
        let mut connection = RawConnection::open(server.addr).await.unwrap();
        if n % 2 == 0 {
            connection.send("GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            assert_eq!(connection.receive().await.unwrap().status, 200);
        }
        idle.push(connection);
    }
    server.terminate();
    let status = server.ended_within(Duration::from_millis(6_500)).await.expect("ended by the deadline");
    assert!(status.success());
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let server =
        Server::start(dir.path(), &[("CAMPOTECH_DRAIN_DELAY", "100ms"), ("CAMPOTECH_DRAIN_DEADLINE", "8s")])
            .ready()
            .await;
    let body = json!({"email": "ana@example.com", "password": PASSWORD, "name": "Ana"}).to_string();
    let mut connection = RawConnection::open(server.addr).await.unwrap();
    let (first, rest) = body.split_at(20);
    let head = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.send(format!("{head}{first}")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.terminate();
    // The listener is closed by now; the body goes on.
    tokio::time::sleep(Duration::from_millis(600)).await;
    connection.send(rest).await.unwrap();
    assert_eq!(connection.receive().await.unwrap().status, 201);
}

#[tokio::test]
async fn a_client_that_never_ends_its_request_is_cut_at_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let quick = [
        ("CAMPOTECH_DRAIN_DELAY", "100ms"),
        ("CAMPOTECH_DRAIN_DEADLINE", "2s"),
        ("CAMPOTECH_REQUEST_DEADLINE", "60s"),
    ];
    let mut server = Server::start(dir.path(), &quick).ready().await;
    let mut connection = RawConnection::open(server.addr).await.unwrap();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    connection.send(head).await.unwrap();
    server.terminate();
    assert!(server.ended_within(Duration::from_secs(5)).await.expect("cut").success());
}
