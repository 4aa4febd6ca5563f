//! The socket, which tells the connection's state what it sees.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::frames::Follower;
use super::state::State;

#[derive(Debug)]
pub(crate) struct WatchedSocket {
    stream: TcpStream,
    state: Arc<State>,
    follower: Follower,
    linger: Duration,
    closing: Option<Pin<Box<Sleep>>>,
}

impl WatchedSocket {
    pub(crate) fn new(stream: TcpStream, state: Arc<State>, linger: Duration) -> Self {
        Self { stream, state, follower: Follower::new(), linger, closing: None }
    }

    fn poll_written(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.state.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = write(Pin::new(&mut self.stream), cx);
        match &written {
            Poll::Ready(_) => self.state.sent(),
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
        }
        read
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_written(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_written(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Says goodbye, then reads on for a moment if the client may still be sending: closing a socket with unread bytes
    /// resets it, and a reset can destroy the answer before the client has read it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let linger = match &mut this.closing {
            Some(linger) => linger,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                if !this.state.may_be_sending() {
                    return Poll::Ready(Ok(()));
                }
                none.insert(Box::pin(sleep(this.linger)))
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
        self.state.socket_dropped();
    }
}
