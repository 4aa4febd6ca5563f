//! A server that keeps rules as Sentry does: lists them, makes them with an id, replaces them by it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The server, on a thread of its own.
pub(crate) struct FakeSentry {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    issue: Vec<Value>,
    metric: Vec<Value>,
    seen: Vec<(String, String, String)>,
}

impl FakeSentry {
    pub(crate) const TOKEN: &str = "sntryu_right";
    pub(crate) const TEAM_ID: &str = "4711";

    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap(), &shared)));
        Self { addr, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn seen(&self) -> Vec<(String, String, String)> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|(seen, _, _)| seen == method).count()
    }

    pub(crate) fn body(&self, method: &str, path: &str) -> String {
        let seen = self.seen();
        seen.iter().find(|(m, p, _)| m == method && p == path).unwrap().2.clone()
    }

    pub(crate) fn rules(&self) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.issue.iter().chain(&state.metric).cloned().collect()
    }

    pub(crate) fn put_metric_rule(&self, rule: &Value) {
        self.state.lock().unwrap().metric.push(rule.clone());
    }
}

/// One request, and the end of the connection.
fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length, mut allowed) = (String::new(), 0, false);
    stream.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => allowed = value == format!("Bearer {}", FakeSentry::TOKEN),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let (status, answer) = if allowed {
        state.lock().unwrap().answer(method, path, &body)
    } else {
        (401, json!({"detail": "Invalid token"}))
    };
    let answer = answer.to_string();
    write!(
        stream.get_mut(),
        "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
        answer.len()
    )
    .unwrap();
}

impl State {
    fn answer(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.seen.push((method.to_owned(), path.to_owned(), body.to_owned()));
        let body = || serde_json::from_str::<Value>(body).unwrap();
        let number = self.seen.len().to_string();
        let (list, rest) = if let Some(rest) = path.strip_prefix("/api/0/projects/campo/field/rules/") {
            (&mut self.issue, rest)
        } else if let Some(rest) = path.strip_prefix("/api/0/organizations/campo/alert-rules/") {
            (&mut self.metric, rest)
        } else {
            return match (method, path) {
                ("GET", "/api/0/teams/campo/platform/") => (200, json!({"id": FakeSentry::TEAM_ID})),
                ("PUT", path) if path.starts_with("/api/0/projects/campo/field/") => (200, body()),
                _ => (404, json!({"detail": "no such place"})),
            };
        };
        match (method, rest) {
            ("GET", "") => (200, json!(list)),
            ("POST", "") => {
                let mut rule = body();
                rule["id"] = number.into();
                list.push(rule.clone());
                (201, rule)
            }
            ("PUT", id) => match list.iter_mut().find(|rule| id.trim_end_matches('/') == rule["id"]) {
                Some(known) => {
                    let id = known["id"].clone();
                    *known = body();
                    known["id"] = id;
                    (200, known.clone())
                }
                None => (404, json!({"detail": "no such rule"})),
            },
            _ => (405, json!({})),
        }
    }
}
