//! The program as its users run it: a process on a free port with a data directory of its own.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use campotech_testkit::{RawConnection, RawResponse};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "una frase larga y tranquila";

/// A server process; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) addr: SocketAddr,
    pub(crate) banner: String,
    data_dir: PathBuf,
}

/// One request, written down.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) from: u8,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: Vec<u8>,
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
        let mut command = program();
        command.env("CAMPOTECH_LISTEN", "127.0.0.1:0").env("CAMPOTECH_DATA_DIR", data_dir);
        command.envs(variables.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        let mut addr = None;
        while addr.is_none() || !banner.contains("data") {
            let Some(Ok(line)) = lines.next() else {
                let status = child.wait().unwrap();
                unreachable!("the server ended with {status} before it listened; it said: {banner}")
            };
            if let Some(rest) = line.trim().strip_prefix("API") {
                let url = rest.trim().strip_prefix("http://").unwrap();
                addr = Some(url.split('/').next().unwrap().parse().unwrap());
            }
            banner.push_str(&line);
            banner.push('\n');
        }
        // Its output is read on, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addr: addr.unwrap(), banner, data_dir: data_dir.to_owned() }
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
        let received = connection.receive().await;
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

    /// The value of a series in `/metrics`; 0 where there is none.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let text = self.get(1, "/metrics").await.text();
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// The generated webhook secrets.
    pub(crate) fn secrets(&self) -> campotech_server::secrets::WebhookSecrets {
        campotech_server::secrets::WebhookSecrets::load(&self.data_dir).unwrap().unwrap()
    }

    /// A callback of Meta with this body, signed.
    pub(crate) fn callback<'a>(&self, body: &str) -> Ask<'a> {
        let key = campotech::security::webhook::MetaSignature::new(self.secrets().app_secret).unwrap();
        let signature = key.sign(body.as_bytes()).to_str().unwrap().to_owned();
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

impl<'a> Ask<'a> {
    pub(crate) fn new(method: &'a str, path: &'a str) -> Self {
        Self { method, path, from: 1, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn from(mut self, host: u8) -> Self {
        self.from = host;
        self
    }

    pub(crate) fn header(mut self, name: &'a str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: campotech.test\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() && !self.headers.iter().any(|(name, _)| *name == "transfer-encoding") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head + "\r\n"
    }
}

/// The body of a callback with one text message.
pub(crate) fn text_message(id: &str, sender: &str, text: &str) -> String {
    callback_body(
        &json!({"from": sender, "id": id, "timestamp": "1767323045", "type": "text", "text": {"body": text}}),
    )
}

/// The body of a callback with one voice message.
pub(crate) fn voice_message(id: &str, sender: &str, media: &str) -> String {
    callback_body(&json!({"from": sender, "id": id, "timestamp": "1767323045", "type": "audio",
        "audio": {"id": media, "mime_type": "audio/ogg; codecs=opus", "voice": true}}))
}

fn callback_body(message: &Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "messages": [message]}}]}]})
    .to_string()
}

/// The problem of a refusal; asserts what every refusal has.
pub(crate) fn problem(response: &RawResponse) -> Value {
    assert_eq!(
        response.headers.get("content-type").map(http::HeaderValue::as_bytes),
        Some(b"application/problem+json".as_slice()),
        "{} {}",
        response.status,
        response.text()
    );
    let problem: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(problem["status"], response.status.as_u16());
    let id = response.headers["x-request-id"].to_str().unwrap();
    assert_eq!(problem["instance"], format!("urn:campotech:request:{id}"));
    assert!(problem["type"].is_string() && problem["title"].is_string() && problem["detail"].is_string());
    problem
}
