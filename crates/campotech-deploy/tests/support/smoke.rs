//! What smoke tests ask: a server whose answers a test can change.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// On a thread of its own, for as long as the test.
pub(crate) struct SmokeServer {
    url: String,
    answers: Arc<Mutex<HashMap<String, (u16, String)>>>,
}

impl SmokeServer {
    /// One that answers as the example server does.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server =
            Self { url: format!("http://{}", listener.local_addr().unwrap()), answers: Arc::default() };
        let healthy = r#"{"status":"healthy","phase":"serving"}"#;
        for (path, status, body) in [
            ("/live", 200, healthy),
            ("/ready", 200, healthy),
            ("/health", 200, r#"{"status":"healthy","phase":"serving","version":"0.1.0"}"#),
            ("/api/v1/jobs", 401, "{}"),
        ] {
            server.answer(path, status, body);
        }
        let answers = Arc::clone(&server.answers);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let answers = Arc::clone(&answers);
                std::thread::spawn(move || serve(stream.unwrap(), &answers));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn answer(&self, path: &str, status: u16, body: &str) {
        self.answers.lock().unwrap().insert(path.to_owned(), (status, body.to_owned()));
    }
}

/// One request, and the end of the connection.
fn serve(stream: TcpStream, answers: &Mutex<HashMap<String, (u16, String)>>) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    let _ = stream.read_line(&mut first);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let known = answers.lock().unwrap().get(path).cloned();
    let (status, body) = known.unwrap_or((404, String::new()));
    let length = body.len();
    let _ = write!(
        stream.get_mut(),
        "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
}
