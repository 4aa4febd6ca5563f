//! SIGTERM: not ready at once, nothing lost, over in time.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use serde_json::json;
use support::{Ask, PASSWORD, Server};

const QUICK: [(&str, &str); 3] = [
    ("CAMPOTECH_DRAIN_DELAY", "1500ms"),
    ("CAMPOTECH_DRAIN_DEADLINE", "6s"),
    ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
];

#[tokio::test]
async fn sigterm_under_load_loses_no_request() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &QUICK).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    // Each of them on a new connection per request while the listener is open: who connects is answered.
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (addr, token, stop, answered) =
                (server.addr, token.clone(), Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                let body = json!({"title": "x", "customer_phone": "011 15 2345-6789", "priority": "low"})
                    .to_string();
                let request = format!(
                    "POST /api/v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
                     content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                while !stop.load(Ordering::SeqCst) {
                    let Ok(mut connection) = RawConnection::open(addr).await else { return Ok(()) };
                    if connection.send(&request).await.is_err() {
                        return Err("a connection that was accepted took no request".to_owned());
                    }
                    match connection.receive().await {
                        Ok(response) if response.status == 201 => answered.fetch_add(1, Ordering::SeqCst),
                        Ok(response) => {
                            return Err(format!("answered {}: {}", response.status, response.text()));
                        }
                        // Connected by the kernel in the instant that the listener closed: never accepted.
                        Err(_) if RawConnection::open(addr).await.is_err() => return Ok(()),
                        Err(error) => return Err(format!("a request was lost: {error}")),
                    };
                }
                Ok(())
            })
        })
        .collect();
    // A client that ends now has seen an error, which is told below.
    while answered.load(Ordering::SeqCst) < 50 && !clients.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = answered.load(Ordering::SeqCst);
    server.terminate();
    let signalled = Instant::now();
    let mut unready = None;
    while unready.is_none() && signalled.elapsed() < Duration::from_secs(1) {
        let response = server.get(2, "/ready").await;
        unready = (response.status == 503).then_some(response);
    }
    let unready = unready.expect("/ready is 503 while the listener is open");
    assert!(unready.text().contains("draining"), "{}", unready.text());
    assert_eq!(server.get(2, "/live").await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(answered.load(Ordering::SeqCst) > before, "served on during the delay");
    let status = server.ended_within(Duration::from_secs(7)).await.expect("ended by the deadline");
    assert!(status.success(), "{status}");
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap().unwrap();
    }

    // What was answered is there.
    let answered = answered.load(Ordering::SeqCst);
    let server = Server::start(dir.path(), &QUICK).ready().await;
    let (mut jobs, mut path) = (0, "/api/v1/jobs?limit=100".to_owned());
    loop {
        let page = server.json(Ask::new("GET", &path).bearer(&token), 200).await;
        jobs += u32::try_from(page["items"].as_array().unwrap().len()).unwrap();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/jobs?limit=100&cursor={next}");
    }
    assert!(jobs >= answered, "{answered} were answered 201, {jobs} are there");
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &QUICK).ready().await;
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
