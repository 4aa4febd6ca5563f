//! The body of an answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::desk::Seat;

/// All metrics. As long as they are not sent, they count as a scrape that is going on.
#[derive(Debug)]
pub struct ScrapeBody(Option<Bytes>);

/// Bytes that take their seat along: a server drops a body before what came of it is sent.
struct Seated {
    bytes: Bytes,
    _seat: Seat,
}

impl AsRef<[u8]> for Seated {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl ScrapeBody {
    pub(super) fn new(bytes: Bytes, seat: Seat) -> Self {
        Self(Some(Bytes::from_owner(Seated { bytes, _seat: seat })))
    }

    /// That of an answer to `HEAD`.
    pub(super) const fn none() -> Self {
        Self(None)
    }
}

impl Body for ScrapeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
