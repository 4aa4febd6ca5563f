//! What hyper answers by itself, to a head that HTTP/1 can't read: said as every other refusal is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{io, str};

use campotech_core::{Language, Problem, ProblemKind, RequestId, kinds};
use http::header::CONNECTION;
use http::{HeaderValue, Response};
use tokio::io::AsyncWrite;

use super::refusal::dress;
use crate::stats::Finding;

/// An answer in the place of hyper's.
#[derive(Debug)]
pub(super) struct ProtocolError {
    finding: Finding,
    bytes: Vec<u8>,
    sent: usize,
    /// The length of hyper's.
    instead_of: usize,
}

impl ProtocolError {
    /// The answer instead of what hyper is about to write, if that is one of its own: a bare head with its three headers and no body.
    pub(super) fn instead_of(written: &[u8], over_tls: bool) -> Option<Self> {
        let head = str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let (version, status) = lines.next()?.split_once(' ')?;
        let (kind, finding) = match status.get(..3)? {
            "400" => (&kinds::BAD_REQUEST, Finding::Malformed),
            "414" => (&kinds::URI_TOO_LONG, Finding::Malformed),
            "431" => (&kinds::HEADERS_TOO_LARGE, Finding::HeadSize),
            _ => return None,
        };
        if status != kind.status.to_string() {
            return None;
        }
        let (mut closes, mut empty, mut date) = (false, false, None);
        for line in lines {
            match line.split_once(": ")? {
                ("connection", "close") => closes = true,
                ("content-length", "0") => empty = true,
                ("date", told) if !told.contains(char::is_control) => date = Some(told),
                _ => return None,
            }
        }
        // To a client of HTTP/1.0, it goes without saying that the connection closes.
        closes |= version == "HTTP/1.0";
        let fine = closes && empty && matches!(version, "HTTP/1.0" | "HTTP/1.1");
        let bytes = fine.then(|| rendered(status, date, &answer(kind, over_tls)))?;
        Some(Self { finding, bytes, sent: 0, instead_of: written.len() })
    }

    pub(super) const fn finding(&self) -> Finding {
        self.finding
    }

    /// Writes on; once all is written, what hyper is told of its own.
    pub(super) fn poll_written<S: AsyncWrite + Unpin>(
        &mut self,
        mut stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        while self.sent < self.bytes.len() {
            let written = ready!(Pin::new(&mut stream).poll_write(cx, &self.bytes[self.sent..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
        }
        Poll::Ready(Ok(self.instead_of))
    }
}

/// In English, as nobody has read what the client speaks; with an id that the log has at level debug.
fn answer(kind: &'static ProblemKind, over_tls: bool) -> Response<Vec<u8>> {
    let id = RequestId::generate();
    tracing::debug!(request_id = id.as_str(), status = kind.status.as_u16(), "a head that HTTP can't read");
    let mut response = Problem::new(kind).into_response_in(Language::En, Some(&id)).map(Into::into);
    dress(response.headers_mut(), over_tls);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert("x-request-id", id.into());
    response
}

fn rendered(status: &str, date: Option<&str>, answer: &Response<Vec<u8>>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", answer.body().len()).into_bytes();
    if let Some(date) = date {
        bytes.extend_from_slice(format!("date: {date}\r\n").as_bytes());
    }
    for (name, value) in answer.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(answer.body());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instead_of(head: &str) -> Option<Finding> {
        ProtocolError::instead_of(head.as_bytes(), false).map(|error| error.finding())
    }

    #[test]
    fn only_an_answer_of_hypers_own_is_taken_for_one() {
        let of = |status: &str, headers: &str| format!("HTTP/1.1 {status}\r\n{headers}\r\n");
        let own = "connection: close\r\ncontent-length: 0\r\ndate: Thu, 26 Nov 2026 23:26:03 GMT\r\n";
        assert_eq!(instead_of(&of("400 Bad Request", own)), Some(Finding::Malformed));
        assert_eq!(instead_of(&of("414 URI Too Long", own)), Some(Finding::Malformed));
        let older = "HTTP/1.0 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(instead_of(older), Some(Finding::Malformed));
        assert_eq!(instead_of(&of("431 Request Header Fields Too Large", own)), Some(Finding::HeadSize));
        for others in [
            of("404 Not Found", own),
            of("400 Bad Request", "content-length: 0\r\n"),
            of("400 Bad Request", "connection: close\r\ncontent-length: 7\r\n"),
            of("400 Bad Request", &format!("{own}x-own: 1\r\n")),
            of("400 Bad Request", own) + "body",
            of("400 x", own),
            of("400 Bad Request", &own.replace("date: ", "date: \n")),
            of("400 Bad Request", own).replace("HTTP/1.1", "HTTP/1.2"),
            String::new(),
        ] {
            assert_eq!(instead_of(&others), None, "{others}");
        }
    }
}
