//! A server process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use campotech::security::webhook::{Scheme, WebhookVerifier};
use campotech_testkit::{RawConnection, RawResponse};
use serde_json::{Value, json};

use super::{Ask, Lines, PASSWORD};

/// A server process; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) addr: SocketAddr,
    data_dir: PathBuf,
    said: Lines,
    log: Option<Lines>,
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campotech-server"));
    command.env_clear().env("CAMPOTECH_LOG", "warn").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    program().args(args).envs(variables.iter().copied()).output().unwrap()
}

impl Server {
    pub(crate) fn start(data_dir: &Path, variables: &[(&str, &str)]) -> Self {
        Self::spawn(data_dir, variables, Stdio::inherit())
    }

    /// Starts it and keeps what it logs, see [`log`](Self::log).
    pub(crate) fn start_logged(data_dir: &Path, variables: &[(&str, &str)]) -> Self {
        Self::spawn(data_dir, variables, Stdio::piped())
    }

    fn spawn(data_dir: &Path, variables: &[(&str, &str)], log: Stdio) -> Self {
        let mut command = program();
        command.env("CAMPOTECH_LISTEN", "127.0.0.1:0").env("CAMPOTECH_DATA_DIR", data_dir);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let said = Lines::read(child.stdout.take().unwrap());
        let log = child.stderr.take().map(Lines::read);
        // The banner's line of the data directory stands after every address.
        if !said.wait_for(Duration::from_secs(20), |line| line.trim_start().starts_with("data")) {
            let _ = child.kill();
            let status = child.wait().unwrap();
            unreachable!("the server ended with {status} before it listened; it said: {}", said.text())
        }
        let text = said.text();
        let url = text.lines().find_map(|line| line.trim().strip_prefix("API")).unwrap().trim().to_owned();
        let addr = url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
        Self { child, addr, data_dir: data_dir.to_owned(), said, log }
    }

    /// What it said so far.
    pub(crate) const fn said(&self) -> &Lines {
        &self.said
    }

    /// What it logged so far; only of one that was started for it.
    pub(crate) fn log(&self) -> &Lines {
        self.log.as_ref().unwrap()
    }

    /// Waits for `/ready`.
    pub(crate) async fn ready(self) -> Self {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.get(1, "/ready").await.status != 200 {
            assert!(Instant::now() < deadline, "never ready: {}", self.get(1, "/health").await.text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// SIGKILL, and its end.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its end, within `time`.
    pub(crate) async fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    /// Runs `campotech-server demo` against it.
    pub(crate) fn demo(&self, args: &[&str]) -> Child {
        let mut command = program();
        command.arg("demo").args(["--url", &format!("http://{}", self.addr)]).args(args);
        command.env("CAMPOTECH_DATA_DIR", &self.data_dir);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) async fn ask(&self, ask: Ask<'_>) -> RawResponse {
        self.try_ask(ask).await.unwrap()
    }

    pub(crate) async fn try_ask(&self, ask: Ask<'_>) -> std::io::Result<RawResponse> {
        let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, ask.from));
        let mut connection = RawConnection::open_from(from, self.addr).await?;
        connection.send(ask.head()).await?;
        // A server may refuse by the head alone and close: then there is an answer, and the rest can't be sent.
        let sent = connection.send(&ask.body).await;
        let received = if ask.method == "HEAD" {
            let head = connection.head().await;
            head.map(|(status, headers)| RawResponse { status, headers, body: Vec::new() })
        } else {
            connection.receive().await
        };
        received.map_err(|error| sent.err().unwrap_or(error))
    }

    pub(crate) async fn get(&self, from: u8, path: &str) -> RawResponse {
        self.ask(Ask::new("GET", path).from(from)).await
    }

    pub(crate) async fn json(&self, ask: Ask<'_>, status: u16) -> Value {
        let response = self.ask(ask).await;
        assert_eq!(response.status, status, "{}", response.text());
        serde_json::from_slice(&response.body).unwrap()
    }

    /// Registers somebody and logs in: two requests of the auth tier from 127.0.0.`from`.
    pub(crate) async fn log_in(&self, from: u8, email: &str) -> String {
        let who = json!({"email": email, "password": PASSWORD, "name": "Lucía"});
        self.json(Ask::new("POST", "/api/v1/auth/register").from(from).json(&who), 201).await;
        let who = json!({"email": email, "password": PASSWORD});
        let answer = self.json(Ask::new("POST", "/api/v1/auth/login").from(from).json(&who), 200).await;
        answer["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn create_job(&self, from: u8, token: &str, title: &str) -> Value {
        let job = json!({"title": title, "customer_phone": "011 15 2345-6789", "priority": "normal"});
        self.json(Ask::new("POST", "/api/v1/jobs").from(from).bearer(token).json(&job), 201).await
    }

    /// The value of a series in `/metrics`, if it is there.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.get(1, "/metrics").await.text();
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        Some(line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// Waits until a series has this value.
    pub(crate) async fn metric_becomes(&self, series: &str, expected: f64) {
        self.metric_fits(series, |value| value == expected).await;
    }

    /// Waits until a series has at least this value.
    pub(crate) async fn metric_becomes_at_least(&self, series: &str, expected: f64) {
        self.metric_fits(series, |value| value >= expected).await;
    }

    async fn metric_fits(&self, series: &str, fits: impl Fn(f64) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let value = self.metric(series).await;
            if value.is_some_and(&fits) {
                return;
            }
            assert!(Instant::now() < deadline, "{series} stays at {value:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The generated webhook secrets.
    pub(crate) fn secrets(&self) -> campotech_server::secrets::WebhookSecrets {
        campotech_server::secrets::WebhookSecrets::load(&self.data_dir).unwrap().unwrap()
    }

    /// A callback of Meta with this body, signed.
    pub(crate) fn callback<'a>(&self, body: &str) -> Ask<'a> {
        let key = WebhookVerifier::new(Scheme::Meta, self.secrets().app_secret).unwrap();
        let headers = key.sign("", body.as_bytes()).unwrap();
        let signature = headers[Scheme::Meta.signature_header()].to_str().unwrap().to_owned();
        Ask::new("POST", "/webhooks/whatsapp")
            .from(60)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", &signature)
            .body(body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
