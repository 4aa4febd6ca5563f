//! The socket, which tells the connection's state what it sees.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::flood::FloodGuard;
use super::frames::Follower;
use super::protocol_error::ProtocolError;
use super::state::State;
use super::transport::Transport;
use crate::ServeStats;
use crate::settings::Settings;
use crate::stats::Finding;

#[derive(Debug)]
pub(crate) struct WatchedSocket {
    stream: Transport,
    state: Arc<State>,
    stats: ServeStats,
    settings: Arc<Settings>,
    follower: Follower,
    flood: FloodGuard,
    closing: Option<Pin<Box<Sleep>>>,
    /// What is being said instead of an answer of hyper's own.
    error: Option<Box<ProtocolError>>,
    /// It was said: the rest of what the client sends is read by nobody.
    refused: bool,
}

impl WatchedSocket {
    pub(crate) fn new(
        stream: Transport,
        state: Arc<State>,
        stats: ServeStats,
        settings: Arc<Settings>,
    ) -> Self {
        let flood = FloodGuard::new(state.start());
        let follower = Follower::new();
        Self { stream, state, stats, settings, follower, flood, closing: None, error: None, refused: false }
    }

    /// Whether frames that ask for nothing are still few.
    fn admits_frames(&mut self) -> bool {
        let Some(counts) = self.follower.take_counts() else { return true };
        self.flood.admits(counts, self.state.requests(), Instant::now())
            || !self.settings.enforces(&self.stats, Finding::Flood)
    }

    /// Whether hyper writes an answer of its own, which is kept back.
    fn is_protocol_error(&mut self, written: &[u8]) -> bool {
        if self.error.is_some() {
            return true;
        }
        if !written.starts_with(b"HTTP/1.") || !self.state.can_be_hypers_answer() {
            return false;
        }
        let error = ProtocolError::instead_of(written, self.settings.is_tls());
        if let Some(error) = &error {
            self.settings.found(&self.stats, error.finding());
            self.refused = true;
        }
        self.error = error.map(Box::new);
        self.error.is_some()
    }

    fn poll_protocol_error(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(mut error) = self.error.take() else { return Poll::Ready(Ok(0)) };
        let written = self.poll_written(cx, |stream, cx| error.poll_written(stream.get_mut(), cx));
        if written.is_pending() {
            self.error = Some(error);
        }
        written
    }

    fn poll_written(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Transport>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.state.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = write(Pin::new(&mut self.stream), cx);
        match &written {
            Poll::Ready(count) => {
                self.state.sent();
                self.flood.sent(*count.as_ref().unwrap_or(&0));
            }
            Poll::Pending => {
                self.state.blocked();
                self.state.writer.register(cx.waker());
            }
        }
        written
    }
}

impl AsyncRead for WatchedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.state.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if read.is_pending() {
            this.state.reader.register(cx.waker());
        } else if buf.filled().len() > before {
            let bytes = &buf.filled()[before..];
            this.state.received(bytes, this.follower.follow(bytes));
            if !this.admits_frames() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        read
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_protocol_error(bytes) {
            return self.poll_protocol_error(cx);
        }
        self.poll_written(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = slices
            && self.is_protocol_error(bytes)
        {
            return self.poll_protocol_error(cx);
        }
        self.poll_written(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        // What TLS holds back has not reached the client, however much of it the protocol has got rid of.
        if self.stream.is_buffered() {
            if flushed.is_pending() {
                self.state.blocked();
                self.state.writer.register(cx.waker());
            } else {
                self.state.sent();
            }
        }
        flushed
    }

    /// Says goodbye, then reads on for a moment if the client may still be sending: closing a socket with unread bytes
    /// resets it, and a reset can destroy the answer before the client has read it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let linger = match &mut this.closing {
            Some(linger) => linger,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                if !this.state.may_be_sending() && !this.refused {
                    return Poll::Ready(Ok(()));
                }
                none.insert(Box::pin(sleep(this.settings.linger)))
            }
        };
        let mut waste = [0; 8 * 1024];
        // Bounded per poll, so that a fast sender does not keep a worker.
        for _ in 0..16 {
            if linger.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buf = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for WatchedSocket {
    fn drop(&mut self) {
        if self.state.resets_at_end() {
            self.stream.reset_at_end();
        }
        self.state.socket_dropped();
    }
}
