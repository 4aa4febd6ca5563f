//! Stopping: nothing that was begun is lost, nothing holds the process.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use campotech_testkit::RawConnection;
use http::Request;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{echo, get, local, start};
use tokio::net::TcpStream;
use tower::service_fn;

#[tokio::test]
async fn in_flight_requests_finish_and_idle_connections_close_at_once() {
    let running = start(local().await, service_fn(echo));
    let mut busy = running.client().await;
    let mut idle = running.client().await;
    get(&mut idle, "/").await.unwrap();
    busy.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.requests == 2).await;
    running.trigger.drain();
    assert_eq!(idle.read_to_close().await.unwrap(), b"");
    let answer = busy.receive().await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.headers["connection"]), (200, &"close".parse().unwrap()));
    assert_eq!(busy.read_to_close().await.unwrap(), b"");
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (2, 0));
    assert!(TcpStream::connect(running.addr).await.is_err(), "the listener is gone");
}

#[tokio::test]
async fn a_head_that_has_begun_is_served_also_on_a_connection_that_was_idle() {
    let running = start(local().await, service_fn(echo));
    let (mut first, mut second) = (running.client().await, running.client().await);
    get(&mut second, "/").await.unwrap();
    for client in [&mut first, &mut second] {
        client.send("GET / HTTP/1.1\r\nho").await.unwrap();
    }
    // The bytes are with the server when it answers this.
    get(&mut running.client().await, "/").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.trigger.drain();
    tokio::time::sleep(Duration::from_millis(50)).await;
    for client in [&mut first, &mut second] {
        client.send("st: a\r\n\r\n").await.unwrap();
        let answer = client.receive().await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.headers["connection"]), (200, &"close".parse().unwrap()));
    }
    assert_eq!(running.task.await.unwrap().aborted, 0);
}

#[tokio::test]
async fn a_client_that_has_just_connected_may_still_ask() {
    let running = start(local().await, service_fn(echo));
    let mut client = running.client().await;
    running.trigger.drain();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (1, 0));
}

#[tokio::test]
async fn a_silent_client_holds_the_drain_for_the_grace_only() {
    let server = local().await.with_fresh_grace(Duration::from_millis(50));
    let running = start(server, service_fn(echo));
    let mut client = running.client().await;
    running.until(|s| s.active == 1).await;
    running.trigger.drain();
    assert_eq!(client.read_to_close().await.unwrap(), b"");
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (1, 0));
}

#[tokio::test]
async fn what_is_left_at_the_deadline_is_cut() {
    let server = local().await.with_drain_deadline(Duration::from_millis(200));
    let running = start(server, service_fn(echo));
    let mut hanging = running.client().await;
    hanging.send("GET /hang HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let http2 = tokio::spawn(async move {
        sender.send_request(Request::get("http://a/hang").body(Empty::<Bytes>::new()).unwrap()).await
    });
    running.until(|s| s.requests == 2).await;
    running.trigger.drain();
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (0, 2));
    assert_eq!(hanging.read_to_close().await.unwrap_or_default(), b"");
    assert!(http2.await.unwrap().is_err());
    let stats = running.stats.snapshot();
    assert_eq!((stats.aborted, stats.active), (2, 0));
}

#[tokio::test]
async fn abort_does_not_wait() {
    let running = start(local().await, service_fn(echo));
    let mut hanging = running.client().await;
    hanging.send("GET /hang HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.requests == 1).await;
    running.trigger.drain();
    running.trigger.abort();
    assert_eq!(running.task.await.unwrap().aborted, 1);
}

#[tokio::test]
async fn an_http2_connection_finishes_its_streams() {
    let running = start(local().await, service_fn(echo));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let conn = tokio::spawn(conn);
    let request = Request::get("http://a/slow").body(Empty::<Bytes>::new()).unwrap();
    let answer = tokio::spawn(async move { sender.send_request(request).await });
    running.until(|s| s.requests == 1).await;
    running.trigger.drain();
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    conn.await.unwrap().unwrap();
    assert_eq!(running.task.await.unwrap().aborted, 0);
}

/// Keep-alive clients that never pause, more that connect for each request, and a drain in the middle.
async fn under_load(leave_first: bool) -> (u64, u64) {
    let running = start(local().await, service_fn(echo));
    let stop = Arc::new(AtomicBool::new(false));
    let (ok, retried) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut clients = tokio::task::JoinSet::new();
    for i in 0..64 {
        let (stop, ok, retried) = (stop.clone(), ok.clone(), retried.clone());
        let addr = running.addr;
        clients.spawn(async move {
            while !stop.load(Relaxed) {
                // Refused: the listener is gone, which is where a balancer goes elsewhere.
                let Ok(mut client) = RawConnection::open(addr).await else { return };
                loop {
                    let path = if i % 8 == 0 { "/slow" } else { "/" };
                    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
                    if client.send(request).await.is_err() {
                        retried.fetch_add(1, Relaxed);
                        break;
                    }
                    match client.receive().await {
                        Ok(answer) => {
                            assert_eq!(answer.status, 200);
                            ok.fetch_add(1, Relaxed);
                            if answer.headers.get("connection").is_some_and(|v| v == "close") {
                                break;
                            }
                        }
                        // Closed before the request was taken (the sum below proves it): the client may repeat it.
                        Err(_) => {
                            retried.fetch_add(1, Relaxed);
                            break;
                        }
                    }
                    if stop.load(Relaxed) || i % 4 == 1 {
                        break;
                    }
                }
            }
        });
    }
    running.until(|s| s.requests > 2_000).await;
    if leave_first {
        running.trigger.leave();
        tokio::time::sleep(Duration::from_millis(700)).await;
        // As a balancer would after "not ready": no new clients.
        stop.store(true, Relaxed);
        while clients.join_next().await.is_some() {}
    }
    running.trigger.drain();
    let served = running.task.await.unwrap();
    assert_eq!(served.aborted, 0);
    stop.store(true, Relaxed);
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    let requests = running.stats.snapshot().requests;
    assert_eq!(requests, ok.load(Relaxed), "every request that reached the service was answered in full");
    (ok.load(Relaxed), retried.load(Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_request_that_was_begun_is_answered() {
    for _ in 0..5 {
        assert!(under_load(false).await.0 >= 2_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_were_sent_away_first_see_no_error_at_all() {
    let (ok, retried) = under_load(true).await;
    assert!(ok >= 2_000);
    assert_eq!(retried, 0);
}

#[tokio::test]
async fn leaving_answers_say_so_while_the_listener_stays_open() {
    let running = start(local().await, service_fn(echo));
    running.trigger.leave();
    for _ in 0..2 {
        let mut client = running.client().await;
        let answer = get(&mut client, "/").await.unwrap();
        assert_eq!(answer.headers["connection"], "close");
        assert_eq!(client.read_to_close().await.unwrap(), b"");
    }
    running.trigger.drain();
    running.task.await.unwrap();
}

#[tokio::test]
async fn servers_that_share_a_shutdown_have_deadlines_of_their_own() {
    let (trigger, shutdown) = campotech_serve::shutdown_pair();
    let one = local().await.with_drain_deadline(Duration::ZERO);
    let two = local().await;
    let (one_addr, two_addr) = (one.local_addr(), two.local_addr());
    let stats = (one.stats(), two.stats());
    let one = tokio::spawn(one.serve(service_fn(echo), shutdown.clone()));
    let two = tokio::spawn(two.serve(service_fn(echo), shutdown));
    let mut clients = Vec::new();
    for addr in [one_addr, two_addr] {
        let mut client = RawConnection::open(addr).await.unwrap();
        client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        clients.push(client);
    }
    while stats.0.snapshot().requests + stats.1.snapshot().requests < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    trigger.drain();
    assert_eq!(one.await.unwrap().aborted, 1);
    assert_eq!(two.await.unwrap().aborted, 0);
    assert_eq!(clients[1].receive().await.unwrap().status, 200);
}

#[tokio::test]
async fn dropping_the_server_closes_everything() {
    let running = start(local().await, service_fn(echo));
    let mut client = running.client().await;
    get(&mut client, "/").await.unwrap();
    running.task.abort();
    // Well within the shortest of its timers.
    let closed = tokio::time::timeout(Duration::from_secs(5), client.read_to_close()).await;
    assert!(closed.is_ok(), "closed by a timer only");
    running.until(|s| s.active == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_that_blocks_its_thread_does_not_hold_the_process() {
    let (blocked, release) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (entered, until) = (Arc::clone(&blocked), Arc::clone(&release));
    let service = service_fn(move |request: Request<campotech_serve::ClientBody>| {
        entered.fetch_add(1, Relaxed);
        while !until.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(2));
        }
        echo(request)
    });
    // A blocked worker may be the one that watched sockets and timers; these keep another awake.
    let awake = [(); 2].map(|()| {
        tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        })
    });
    let running = start(local().await.with_drain_deadline(Duration::ZERO), service);
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while blocked.load(Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    running.trigger.drain();
    let report = tokio::time::timeout(Duration::from_secs(8), running.task).await;
    release.store(true, Relaxed);
    for task in awake {
        task.abort();
    }
    let report = report.expect("waits for what can't be cut").unwrap();
    assert_eq!((report.finished, report.aborted), (0, 1));
}
