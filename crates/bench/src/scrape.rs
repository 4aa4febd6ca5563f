//! A server that is asked for 50,000 series, coded, while clients keep it busy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use campotech_metrics::Metrics;
use http::{Method, StatusCode};
use tokio::net::TcpListener;

/// Forty lines each: four statuses, three histograms, two phases, two causes.
const ROUTES: usize = 1_250;

/// What the median is of.
const SCRAPES: usize = 20;

/// When something was asked for, and when it had come whole.
type Span = (Instant, Instant);

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Scraped {
    /// The median, in milliseconds.
    pub median: f64,
    /// Scrapes during which no request was both asked for and answered.
    pub waiting: f64,
}

/// Scrapes a busy server; several bars are of the same run.
///
/// # Errors
/// It doesn't answer.
pub fn scraped() -> Result<Scraped, String> {
    static SCRAPED: OnceLock<Result<Scraped, String>> = OnceLock::new();
    SCRAPED.get_or_init(|| run().map_err(|why| why.to_string())).clone()
}

fn run() -> std::io::Result<Scraped> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let addr = listener.local_addr()?;
    runtime.spawn(async move { axum::serve(listener, router()).await });
    let (done, mut requests, mut scrapes) = (AtomicBool::new(false), Vec::new(), Vec::new());
    thread::scope(|scope| -> std::io::Result<()> {
        let load = scope.spawn(|| load(addr, &done));
        let scraped = scrape(addr);
        done.store(true, Ordering::Relaxed);
        scrapes = scraped?;
        requests = load.join().expect("it only asks")?;
        Ok(())
    })?;
    // With one worker: an answer that is made on it leaves none for the requests.
    let within = |(begin, end): &&Span| requests.iter().any(|(from, to)| begin <= from && to <= end);
    let mut took: Vec<_> = scrapes.iter().map(|(begin, end)| (*end - *begin).as_secs_f64() * 1e3).collect();
    took.sort_by(f64::total_cmp);
    Ok(Scraped {
        median: took[took.len() / 2],
        waiting: (scrapes.len() - scrapes.iter().filter(within).count()) as f64,
    })
}

fn router() -> Router {
    let metrics = Metrics::builder("bench", "1").with_series_budget(20_000).build().expect("metrics");
    for n in 0..ROUTES {
        let recorder = metrics.recorder(&Method::GET, &format!("/api/v1/resource{n}/items/{{id}}"));
        for (status, millis) in [(200, 3), (201, 60), (404, 700), (500, 9_000)] {
            let status = StatusCode::from_u16(status).expect("a status");
            recorder.record(status, Duration::from_millis(millis + n as u64), n as u64 * 100);
        }
    }
    let api = Router::new().route("/api/ping", get(|| async { "pong" })).layer(metrics.layer());
    api.route_service("/metrics", metrics.endpoint()).with_state(())
}

/// Asks for one thing after the other, until it is told to stop.
fn load(addr: SocketAddr, done: &AtomicBool) -> std::io::Result<Vec<Span>> {
    let (mut client, mut spans) = (BufReader::new(TcpStream::connect(addr)?), Vec::new());
    while !done.load(Ordering::Relaxed) {
        spans.push(asked(&mut client, "/api/ping")?);
    }
    Ok(spans)
}

fn scrape(addr: SocketAddr) -> std::io::Result<Vec<Span>> {
    let mut client = BufReader::new(TcpStream::connect(addr)?);
    asked(&mut client, "/metrics")?;
    let scrape = |_| {
        thread::sleep(Duration::from_millis(30));
        asked(&mut client, "/metrics")
    };
    (0..SCRAPES).map(scrape).collect()
}

/// Asks for a path and reads the whole answer, whose length it says.
fn asked(client: &mut BufReader<TcpStream>, path: &str) -> std::io::Result<Span> {
    let begin = Instant::now();
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\naccept-encoding: gzip\r\n\r\n");
    client.get_mut().write_all(request.as_bytes())?;
    let (mut line, mut length, mut coded) = (String::new(), 0, false);
    while client.read_line(&mut line)? > 2 {
        coded |= line.eq_ignore_ascii_case("content-encoding: gzip\r\n");
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().map_err(std::io::Error::other)?;
        }
        line.clear();
    }
    let read = std::io::copy(&mut client.by_ref().take(length), &mut std::io::sink())?;
    if read == 0 || read < length || coded != (path == "/metrics") {
        return Err(std::io::Error::other(format!("{path}: {read} bytes of {length}, coded: {coded}")));
    }
    Ok((begin, Instant::now()))
}
