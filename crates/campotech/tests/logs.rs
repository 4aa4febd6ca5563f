//! Log lines of a real process: whatever a handler logs, one line stays one line, and says whose it is.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]
#![expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "threads of the test, and what its process says"
)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use campotech::Platform;
use campotech::core::RequestContext;
use campotech_testkit::RawConnection;
use serde_json::Value;
use tracing::level_filters::LevelFilter;

/// In its presence this program is the server that the test looks at.
const SERVE: &str = "CAMPOTECH_LOGS_TEST_SERVES";
const HOSTILE: &str = "a\n2026-01-01T00:00:00Z ERROR forged\r\u{1b}[31mred\u{9b}1m\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{feff}\u{0}\"\\ b=c";

#[derive(Debug, thiserror::Error)]
#[error("outer {HOSTILE}")]
struct Outer(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error("inner {HOSTILE}")]
struct Inner;

async fn noisy() -> &'static str {
    tracing::info!("message {HOSTILE}");
    tracing::info!(display = %HOSTILE, debug = ?HOSTILE, text = HOSTILE, number = 7, truth = true, "kinds");
    tracing::info!(error = &Outer(Inner) as &dyn std::error::Error, "error");
    tracing::info!(level = "FORGED", request_id = "forged", trace_id = "forged", message2 = 1, "reserved");
    tracing::info!(same = 1, same = 2, share = f64::NAN, "repeated");
    tracing::info!(long = "x".repeat(100_000), "long");
    let (a, b) = ("\u{1b}".repeat(10_000), "y".repeat(10_000));
    let span = tracing::info_span!("wide", a = tracing::field::Empty, b, c = tracing::field::Empty);
    span.record("a", &a);
    span.record("c", 70_000);
    span.in_scope(|| tracing::info!(a, b, last = %"0123456789", status = 201, "wide {b}"));
    let span =
        tracing::info_span!("step", name = HOSTILE, state = tracing::field::Empty, otel.kind = "client");
    span.record("state", HOSTILE);
    span.record("state", "last");
    span.in_scope(|| tracing::info!("in a step"));
    let current = RequestContext::current().unwrap();
    let told = |context: RequestContext| tracing::info!(own = %context.trace().trace_id(), "spawned");
    campotech::spawn(async move { told(RequestContext::current().unwrap()) }).await.unwrap();
    campotech::on_behalf_of(&current, async { tracing::warn!("on behalf") }).await;
    tracing::info!("last");
    tracing::warn!(most = %LevelFilter::current(), "warned");
    "fine"
}

/// What the process does that the test starts.
fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let platform = Platform::from_env("probe").unwrap();
        let bound = platform.bind(Router::new().route("/noisy", get(noisy))).await.unwrap();
        println!("\nat {}", bound.addr());
        bound.run().await;
    });
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        // Bytes, since a line that is no UTF-8 must not end the reading.
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8(line).unwrap());
        }
    });
    lines
}

fn until(lines: &Receiver<String>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let line = lines.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| unreachable!("{seen:#?}"));
        let found = wanted(&line);
        seen.push(line);
        if found {
            return seen;
        }
    }
}

/// At which container runtimes split a line.
const LONGEST_LINE: usize = 16 * 1024;

/// The lines of `noisy` and its access line, from a process that runs the test of this name.
fn logged(test: &str, format: &str) -> Vec<String> {
    let lines = logged_at(test, format, "info", "campotech::access");
    // Whatever was logged: a line each.
    assert_eq!(lines.len(), 13, "{lines:#?}");
    lines
}

/// The lines of `noisy` at a level, up to that with `last` in it.
fn logged_at(test: &str, format: &str, level: &str, last: &str) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env_clear().envs([
        (SERVE, "1"),
        ("CAMPOTECH_LISTEN", "127.0.0.1:0"),
        ("CAMPOTECH_LOG", level),
        ("CAMPOTECH_LOG_FORMAT", format),
    ]);
    let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let said = lines_of(process.0.stdout.take().unwrap());
    let log = lines_of(process.0.stderr.take().unwrap());
    let at = until(&said, |line| line.starts_with("at ")).pop().unwrap();
    let addr: SocketAddr = at["at ".len()..].parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = RawConnection::open(addr).await.unwrap();
        connection.send("GET /noisy HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        assert_eq!(connection.receive().await.unwrap().text(), "fine");
    });
    let lines = until(&log, |line| line.contains(last));
    for line in &lines {
        assert!(line.len() < LONGEST_LINE, "{} bytes: {line}", line.len());
        assert!(
            !line.chars().any(|c| c.is_control() || "\u{2028}\u{2029}\u{202e}\u{feff}".contains(c)),
            "{line:?}"
        );
        assert!(line.len() < 16 * 1024, "a container runtime would split it");
    }
    lines
}

// Nothing watches a request then, and no span is made for it.
#[test]
fn a_log_of_warnings_alone_tells_whose_they_are() {
    if std::env::var_os(SERVE).is_some() {
        return serve();
    }
    let test = "a_log_of_warnings_alone_tells_whose_they_are";
    let lines = logged_at(test, "json", "warn", "warned");
    let objects: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [behalf, warned] = &objects[..] else { unreachable!("{lines:#?}") };
    assert_eq!((&behalf["message"], &warned["message"]), (&"on behalf".into(), &"warned".into()));
    assert!(warned["request_id"].is_string() && warned["span_id"].is_string(), "{warned}");
    assert_eq!(warned["most"], "warn", "what nobody writes is not even asked about: {warned}");
    assert_eq!((&behalf["request_id"], &behalf["trace_id"]), (&warned["request_id"], &warned["trace_id"]));
    assert_ne!(behalf["span_id"], warned["span_id"]);
    let lines = logged_at(test, "text", "warn", "warned");
    assert!(lines[1].contains(" WARN request{request_id=") && lines[1].contains(" span_id="), "{lines:#?}");
    // Wanted alone, the line about the answer still says whose it was, though the request is over then.
    let lines = logged_at(test, "json", "warn,campotech::access=info", "campotech::access");
    let access: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    for key in ["request_id", "trace_id", "span_id", "client"] {
        assert!(access[key].is_string(), "{access}");
    }
    // What looks at spans is a filter of another kind, and is told of the request's fields.
    let lines = logged_at(test, "json", "warn,[request{client=127.0.0.1/32}]=info", "campotech::access");
    let access: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert!(access["request_id"].is_string() && access["client"] == "127.0.0.1/32", "{access}");
    let lines = logged_at(test, "json", "warn,[step{state}]=debug", "warned");
    let warned: Value = serde_json::from_str(&lines[1]).unwrap();
    assert!(warned["request_id"].is_string(), "{warned}");
}

#[test]
fn lines_of_json_parse_and_carry_the_ids_at_the_top() {
    if std::env::var_os(SERVE).is_some() {
        return serve();
    }
    let lines = logged("lines_of_json_parse_and_carry_the_ids_at_the_top", "json");
    let objects: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let saying = |message: &str| {
        let found = objects.iter().find(|line| line["message"].as_str().unwrap() == message);
        found.unwrap_or_else(|| unreachable!("{message}: {lines:#?}"))
    };
    let access = saying("answered");
    for line in &objects {
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.len() == "2026-01-01T00:00:00.000000Z".len() && time.ends_with('Z'), "{time}");
        assert_eq!(line["request_id"], access["request_id"], "{line}");
        assert_eq!(line["trace_id"], access["trace_id"], "{line}");
        assert!(line["target"].is_string() && line["span_id"].is_string(), "{line}");
    }
    for line in &lines {
        for key in ["timestamp", "level", "target", "message", "request_id", "trace_id", "span_id"] {
            assert_eq!(line.matches(&format!("\"{key}\":")).count(), 1, "{key} once in {line}");
        }
    }
    saying(&format!("message {HOSTILE}"));
    let kinds = saying("kinds");
    assert_eq!((&kinds["display"], &kinds["text"]), (&HOSTILE.into(), &HOSTILE.into()));
    assert_eq!((&kinds["number"], &kinds["truth"]), (&7.into(), &true.into()));
    assert_eq!(saying("error")["error"], format!("outer {HOSTILE}: inner {HOSTILE}"));
    let reserved = saying("reserved");
    assert_eq!((&reserved["level"], &reserved["_level"]), (&"INFO".into(), &"FORGED".into()));
    assert_eq!(reserved["_request_id"], "forged");
    assert_eq!((&saying("repeated")["same"], &saying("repeated")["share"]), (&1.into(), &"NaN".into()));
    assert!(saying("long")["long"].as_str().unwrap().ends_with("x…"));
    let wide = objects.iter().find(|line| line["message"].as_str().unwrap().starts_with("wide ")).unwrap();
    assert_eq!((&wide["last"], &wide["status"]), (&"0123456789".into(), &201.into()), "{wide}");
    assert_eq!(wide["span"]["c"], 70_000, "{wide}");
    for cut in [&wide["message"], &wide["a"], &wide["b"], &wide["span"]["a"], &wide["span"]["b"]] {
        assert!(cut.as_str().unwrap().ends_with('…'), "{cut}");
    }
    let span = &saying("in a step")["span"];
    assert_eq!(
        (&span["name"], &span["_name"], &span["state"]),
        (&"step".into(), &HOSTILE.into(), &"last".into())
    );
    assert_eq!(span.as_object().unwrap().len(), 3, "{span}");
    assert_eq!(saying("spawned")["own"], access["trace_id"]);
    assert_eq!(saying("spawned")["span_id"], access["span_id"]);
    assert_ne!(saying("on behalf")["span_id"], access["span_id"]);
    assert_eq!((&access["route"], &access["status"]), (&"/noisy".into(), &200.into()));
}

#[test]
fn lines_of_text_begin_with_their_own_time_and_forge_no_field() {
    if std::env::var_os(SERVE).is_some() {
        return serve();
    }
    let lines = logged("lines_of_text_begin_with_their_own_time_and_forge_no_field", "text");
    for line in &lines {
        let (time, rest) = line.split_at("2026-01-01T00:00:00.000000Z".len());
        assert!(time.ends_with('Z') && !time.contains(' '), "{line}");
        assert!(rest.starts_with("  INFO ") || rest.starts_with("  WARN "), "{line}");
        assert!(
            rest.contains("{request_id=") && rest.contains(" trace_id=") && rest.contains(" span_id="),
            "{line}"
        );
    }
    let kinds = lines.iter().find(|line| line.contains(": kinds ")).unwrap();
    let display = r#"display="a\n2026-01-01T00:00:00Z ERROR forged\r\u{1b}[31mred\u{9b}1m\u{7f}"#;
    assert!(kinds.contains(display), "{kinds}");
    assert!(kinds.contains(r#"\"\\ b=c" "#), "the quote is not closed by the value: {kinds}");
    assert!(kinds.ends_with(" number=7 truth=true"), "{kinds}");
    let wide = lines.iter().find(|line| line.contains(": wide ")).unwrap();
    assert!(wide.ends_with("… last=0123456789 status=201"), "{wide}");
    assert!(wide.contains(" c=70000}: "), "{wide}");
    let access = lines.last().unwrap();
    assert!(access.contains(" campotech::access: answered method=GET route=/noisy status=200 "), "{access}");
}
