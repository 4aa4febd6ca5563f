//! The demonstration, and what `/metrics` shows after it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::{Server, block, masked};

#[tokio::test]
async fn it_ends_with_a_summary_and_shows_in_the_metrics() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let demo = server.demo(&["--seconds", "20"]);
    let output = tokio::task::spawn_blocking(move || demo.wait_with_output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Summary") && said.contains("429 Too Many Requests"), "{said}");
    assert!(said.contains("was shown a 429 with Retry-After"), "{said}");
    let number = |name: &str| -> f64 {
        let line = said.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(number("requests without an answer"), 0.0, "{said}");
    assert!(number("events on the WebSocket") > 0.0, "{said}");
    // The worker and the closing WebSockets may be a moment behind.
    for (series, expected) in [
        (r#"jobs_created_total{kind="api"}"#, number("jobs created")),
        (r#"jobs_created_total{kind="voice"}"#, number("WhatsApp voice messages")),
        (r#"jobs_created_total{kind="text"}"#, number("WhatsApp texts")),
        (r#"voice_messages_processed_total{outcome="done"}"#, number("WhatsApp voice messages")),
        (r#"http_requests_total{method="POST",path="/api/v1/jobs",status="201"}"#, number("jobs created")),
        (
            r#"http_requests_total{method="POST",path="/api/v1/customers",status="201"}"#,
            number("customers created"),
        ),
        (r#"queue_size{queue="jobs"}"#, 0.0),
        (r#"queue_size{queue="voice"}"#, 0.0),
        ("http_requests_in_flight", 0.0),
        ("websocket_connections_active", 0.0),
    ] {
        server.metric_becomes(series, expected).await;
    }
    as_in_the_readme(&said);

    let metrics = server.get(1, "/metrics").await;
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    silent_in_promtool(&metrics.body);
    let page = server.get(1, "/status").await.text();
    for fact in ["requests per second", "queue: voice", "store", "healthy"] {
        assert!(page.contains(fact), "{fact}");
    }
}

/// What it prints has the lines of README.md, in their order, with other numbers; statuses and ticks vary with the time.
fn as_in_the_readme(said: &str) {
    let status = |line: &str| line.starts_with("# ") && !line.contains("left");
    let shape = |lines: &mut dyn Iterator<Item = &str>| {
        let mut shape: Vec<_> = lines.map(masked).filter(|line| !status(line)).collect();
        shape.dedup();
        shape
    };
    let shown = block("$ cargo run --release -p campotech-server -- demo", "```");
    assert_eq!(shape(&mut said.trim_end().lines()), shape(&mut shown.iter().copied()));
    for line in shown.iter().map(|line| masked(line)).filter(|line| status(line)) {
        assert!(said.lines().any(|said| masked(said) == line), "{line}: {said}");
    }
}

fn silent_in_promtool(metrics: &[u8]) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool of Debian's package prometheus is needed");
    promtool.stdin.take().unwrap().write_all(metrics).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[tokio::test]
async fn it_stays_on_this_machine() {
    for url in ["http://192.0.2.1:80", "https://127.0.0.1:80", "http://example.com", "127.0.0.1:80"] {
        let output = support::run(&["demo", "--url", url], &[]);
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("stays on this machine"), "{output:?}");
    }
    let output = support::run(&["demo", "--url", "http://127.0.0.1:1"], &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no server answers"), "{output:?}");
}
