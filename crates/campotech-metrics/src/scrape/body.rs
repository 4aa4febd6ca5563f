//! The body of an answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::desk::Seat;

/// All metrics. As long as it is not sent, it counts as a scrape that is going on.
#[derive(Debug)]
pub struct ScrapeBody {
    bytes: Option<Bytes>,
    _seat: Seat,
}

impl ScrapeBody {
    pub(super) const fn new(bytes: Option<Bytes>, seat: Seat) -> Self {
        Self { bytes, _seat: seat }
    }
}

impl Body for ScrapeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
