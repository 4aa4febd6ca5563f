//! A body read into one buffer, up to a limit.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::report::{Rejection, codes};

pin_project! {
    pub(crate) struct Collect<B> {
        #[pin]
        body: B,
        first: Option<Bytes>,
        buffer: BytesMut,
        left: usize,
    }
}

impl<B: Body<Data = Bytes>> Collect<B> {
    pub(crate) fn new(body: B, limit: usize) -> Self {
        Self { body, first: None, buffer: BytesMut::new(), left: limit }
    }
}

impl<B: Body<Data = Bytes>> Future for Collect<B> {
    type Output = Result<Bytes, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.body.size_hint().lower() > *this.left as u64 {
            return Poll::Ready(Err(Rejection::too_large()));
        }
        loop {
            let data = match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(_)) => {
                    return Poll::Ready(Err(Rejection::malformed((&codes::BODY_INCOMPLETE).into())));
                }
                None => break,
            };
            let Some(left) = this.left.checked_sub(data.len()) else {
                return Poll::Ready(Err(Rejection::too_large()));
            };
            *this.left = left;
            // Most bodies come in one frame, which then needn't be copied.
            match this.first.take() {
                None if this.buffer.is_empty() => *this.first = Some(data),
                first => {
                    this.buffer.extend_from_slice(&first.unwrap_or_default());
                    this.buffer.extend_from_slice(&data);
                }
            }
        }
        Poll::Ready(Ok(this.first.take().unwrap_or_else(|| this.buffer.split().freeze())))
    }
}
