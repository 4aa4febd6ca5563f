//! Faults of a network, as clients see them.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use campotech_testkit::{Fault, FaultProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// What doesn't come in this time doesn't come.
const WHILE: Duration = Duration::from_millis(200);
const DEADLINE: Duration = Duration::from_secs(30);

/// How a session at the server ended: with the client's end, or an error.
type Ended = mpsc::UnboundedReceiver<io::Result<()>>;

/// Sends back what it gets, and tells how each connection ended.
async fn echo() -> (SocketAddr, Ended) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (tell, ended) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let end = loop {
                    match stream.read(&mut buffer).await {
                        Ok(0) => break Ok(()),
                        Ok(n) => stream.write_all(&buffer[..n]).await.unwrap(),
                        Err(why) => break Err(why),
                    }
                };
                let _ = tell.send(end);
            });
        }
    });
    (addr, ended)
}

async fn proxy() -> (FaultProxy, Ended) {
    let (addr, ended) = echo().await;
    (FaultProxy::start(addr).await, ended)
}

async fn ask(client: &mut TcpStream, word: &str) -> io::Result<String> {
    client.write_all(word.as_bytes()).await?;
    let mut answer = vec![0; word.len()];
    client.read_exact(&mut answer).await?;
    Ok(String::from_utf8(answer).unwrap())
}

async fn silent(client: &mut TcpStream) -> bool {
    timeout(WHILE, client.read(&mut [0; 16])).await.is_err()
}

async fn until(what: &str, reached: impl Fn() -> bool) {
    let all = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(DEADLINE, all).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn it_passes_bytes_and_ends() {
    let (proxy, mut ended) = proxy().await;
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    let long = "x".repeat(100_000);
    let (mut read, mut write) = client.split();
    let send = async {
        write.write_all(long.as_bytes()).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let mut answer = String::new();
    let (_, received) = tokio::join!(send, read.read_to_string(&mut answer));
    received.unwrap();
    assert_eq!(answer, long);
    ended.recv().await.unwrap().unwrap();
    until("closed", || proxy.connections() == 0).await;
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn a_delay_holds_in_each_direction_and_keeps_the_order() {
    let (proxy, _ended) = proxy().await;
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    let delay = Duration::from_millis(50);
    proxy.set(Fault::Delay(delay));
    for word in ["one", "two"] {
        let asked = Instant::now();
        assert_eq!(ask(&mut client, word).await.unwrap(), word);
        assert!(asked.elapsed() >= 2 * delay, "{:?}", asked.elapsed());
    }
    proxy.set(Fault::Delay(Duration::from_secs(3600)));
    client.write_all(b"three").await.unwrap();
    assert!(silent(&mut client).await);
    proxy.set(Fault::Pass);
    let mut answer = [0; 5];
    timeout(DEADLINE, client.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"three");
}

#[tokio::test]
async fn a_delay_is_no_narrow_pipe() {
    let (proxy, _ended) = proxy().await;
    let client = TcpStream::connect(proxy.addr()).await.unwrap();
    proxy.set(Fault::Delay(Duration::from_millis(500)));
    let (mut read, mut write) = client.into_split();
    // Hundreds of chunks: one after the other, they would take minutes.
    let sent = vec![b'x'; 8 * 1024 * 1024];
    let send = async {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let mut answer = Vec::new();
    let both = async { tokio::join!(send, read.read_to_end(&mut answer)) };
    timeout(DEADLINE, both).await.unwrap().1.unwrap();
    assert_eq!(answer.len(), sent.len());
}

#[tokio::test]
async fn a_black_hole_accepts_swallows_and_answers_nothing() {
    let (proxy, mut ended) = proxy().await;
    let mut speaks = TcpStream::connect(proxy.addr()).await.unwrap();
    let mut waits = TcpStream::connect(proxy.addr()).await.unwrap();
    for client in [&mut speaks, &mut waits] {
        assert_eq!(ask(client, "before").await.unwrap(), "before");
    }
    proxy.set(Fault::Blackhole);
    let mut new = TcpStream::connect(proxy.addr()).await.unwrap();
    let mut patient = TcpStream::connect(proxy.addr()).await.unwrap();
    for client in [&mut speaks, &mut new] {
        client.write_all(b"lost").await.unwrap();
        assert!(silent(client).await);
    }
    until("accepted", || proxy.connections() == 4).await;
    proxy.set(Fault::Pass);
    // Who lost nothing goes on, who lost something has a hole in his stream.
    assert_eq!(ask(&mut waits, "after").await.unwrap(), "after");
    assert_eq!(ask(&mut patient, "after").await.unwrap(), "after");
    for client in [&mut speaks, &mut new] {
        client.write_all(b"more").await.unwrap();
        assert!(silent(client).await);
    }
    drop((speaks, new));
    until("closed", || proxy.connections() == 2).await;
    assert!(timeout(DEADLINE, ended.recv()).await.is_ok(), "the server is told of the one it knew");
}

#[tokio::test]
async fn half_open_takes_the_server_away_and_tells_no_client() {
    let (proxy, mut ended) = proxy().await;
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_eq!(ask(&mut client, "before").await.unwrap(), "before");
    proxy.set(Fault::HalfOpen);
    timeout(DEADLINE, ended.recv()).await.unwrap().unwrap().unwrap();
    client.write_all(b"anybody there?").await.unwrap();
    assert!(silent(&mut client).await);
    let mut new = TcpStream::connect(proxy.addr()).await.unwrap();
    new.write_all(b"anybody there?").await.unwrap();
    assert!(silent(&mut new).await);
    proxy.set(Fault::Pass);
    client.write_all(b"and now?").await.unwrap();
    assert!(silent(&mut client).await);
    let mut later = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_eq!(ask(&mut later, "after").await.unwrap(), "after");
}

#[tokio::test]
async fn refused_are_new_connections_only() {
    let (proxy, _ended) = proxy().await;
    let mut old = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_eq!(ask(&mut old, "before").await.unwrap(), "before");
    proxy.set(Fault::Refuse);
    let refused = async {
        let mut new = TcpStream::connect(proxy.addr()).await?;
        new.read(&mut [0; 16]).await
    };
    let why = timeout(DEADLINE, refused).await.unwrap().unwrap_err();
    assert_eq!(why.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ask(&mut old, "after").await.unwrap(), "after");
    assert_eq!((proxy.connections(), proxy.accepted()), (1, 2));
}

#[tokio::test]
async fn all_are_reset_on_both_sides() {
    let (proxy, mut ended) = proxy().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(ask(&mut client, "before").await.unwrap(), "before");
        clients.push(client);
    }
    proxy.reset_all();
    for mut client in clients {
        let read = timeout(DEADLINE, client.read(&mut [0; 16])).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let end = timeout(DEADLINE, ended.recv()).await.unwrap().unwrap();
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
    until("closed", || proxy.connections() == 0).await;
    let mut later = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_eq!(ask(&mut later, "after").await.unwrap(), "after");
}

#[tokio::test]
async fn an_answer_is_cut_after_so_many_bytes() {
    let (proxy, _ended) = proxy().await;
    for bytes in [0, 1, 7] {
        let mut cut = TcpStream::connect(proxy.addr()).await.unwrap();
        let mut other = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(ask(&mut other, "before").await.unwrap(), "before");
        proxy.reset_after(bytes);
        cut.write_all(b"an answer").await.unwrap();
        let mut answer = Vec::new();
        let why = timeout(DEADLINE, cut.read_to_end(&mut answer)).await.unwrap().unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(answer, &b"an answer"[..usize::try_from(bytes).unwrap()]);
        assert_eq!(ask(&mut other, "after").await.unwrap(), "after");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_a_reset() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = FaultProxy::start(gone).await;
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    let read = timeout(DEADLINE, client.read(&mut [0; 16])).await.unwrap();
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}
