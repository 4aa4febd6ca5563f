//! Collectors that are away, silent, busy or mad: no request waits for them, and the end is in time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::collector::{Collector, Mood};
use crate::support::{Ask, KeepAlive, Server};

const DEADLINE: Duration = Duration::from_secs(4);
const DROPPED: &str = "otlp_spans_dropped_total";
const SENT: &str = "otlp_spans_sent_total";

async fn server(dir: &tempfile::TempDir, url: &str) -> Server {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
        ("CAMPOTECH_DRAIN_DELAY", "100ms"),
        ("CAMPOTECH_DRAIN_DEADLINE", "4s"),
    ];
    Server::start_logged(dir.path(), &variables).ready().await
}

/// All of them on one connection, each answered before the next is sent. How long the slowest took.
async fn answered(server: &Server, requests: usize) -> Duration {
    let mut client = KeepAlive::new(1);
    let ask = Ask::new("GET", "/api/v1/jobs");
    let mut slowest = Duration::ZERO;
    for _ in 0..requests {
        let asked = Instant::now();
        assert_eq!(client.ask(server.addr, &ask).await.unwrap().status, 401);
        slowest = slowest.max(asked.elapsed());
    }
    slowest
}

async fn ends_in_time(mut server: Server) -> Duration {
    let signalled = Instant::now();
    server.terminate();
    // What the process needs besides to be gone.
    let status = server.ended_within(DEADLINE + Duration::from_secs(2)).await;
    assert!(status.expect("it hangs").success());
    signalled.elapsed()
}

#[tokio::test]
async fn no_request_waits_for_a_collector_and_neither_does_the_end() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut figures = Vec::new();
    for mood in [None, Some(Mood::Frozen), Some(Mood::Busy), Some(Mood::Broken), Some(Mood::Garbage)] {
        let collector = match mood {
            Some(mood) => Some(Collector::start(mood).await),
            None => None,
        };
        let dir = tempfile::tempdir().unwrap();
        let url = collector.as_ref().map_or_else(|| format!("http://{gone}"), Collector::url);
        let server = server(&dir, &url).await;
        // More than may wait, several times over.
        let slowest = answered(&server, 6_000).await;
        let series = if mood == Some(Mood::Garbage) { SENT } else { DROPPED };
        server.metric_becomes_at_least(series, 500.0).await;
        let told = || server.log().text().matches("spans don't reach the collector").count();
        let expected = usize::from(series == DROPPED);
        let deadline = Instant::now() + Duration::from_secs(15);
        while told() < expected && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(told(), expected, "said once: {}", server.log().text());
        let ended = ends_in_time(server).await;
        figures.push(format!("{mood:?}: slowest {slowest:?}, end {ended:?}"));
    }
    println!("{}", figures.join("\n"));
}

#[tokio::test]
async fn every_span_is_sent_or_counted_and_those_that_wait_leave_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Fine).await;
    let server = server(&dir, &collector.url()).await;
    answered(&server, 1_000).await;
    let dropped = server.metric(DROPPED).await.unwrap();
    ends_in_time(server).await;
    let arrived = collector.received.spans().iter().filter(|span| span.name == "GET /api/v1/jobs").count();
    assert_eq!((arrived, dropped), (1_000, 0.0));
}

#[tokio::test]
async fn what_a_collector_takes_in_part_counts_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Picky).await;
    let server = server(&dir, &collector.url()).await;
    answered(&server, 100).await;
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let counted = (server.metric(SENT).await.unwrap(), server.metric(DROPPED).await.unwrap());
        let (spans, requests) = (collector.received.spans().len(), collector.received.requests().len());
        let expected = ((spans - requests) as f64, requests as f64);
        if spans >= 100 && counted == expected {
            break;
        }
        assert!(Instant::now() < deadline, "{counted:?} are counted, {expected:?} were taken and rejected");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
