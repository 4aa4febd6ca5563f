//! The end of a body, named once: timers, gauges and byte counts hang on it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndOfBody {
    /// All data was sent.
    Complete,
    /// All data and the trailers were sent.
    Trailers,
    /// The body failed.
    Error,
    /// The body was dropped before its end: the client went away, or nobody read on.
    Dropped,
}

/// Hears of the data and of the one end of a [`TrackedBody`].
pub trait TrackEnd {
    /// `bytes` of data went by.
    fn data(&mut self, bytes: usize) {
        let _ = bytes;
    }

    /// The trailers went by; the end is next.
    fn trailers(&mut self, trailers: &HeaderMap) {
        let _ = trailers;
    }

    /// The body ended; called exactly once.
    fn end(self, end: EndOfBody);
}

impl<F: FnOnce(EndOfBody)> TrackEnd for F {
    fn end(self, end: EndOfBody) {
        self(end);
    }
}

pin_project! {
    /// A body whose end is reported exactly once, also when it is dropped or was empty from the start.
    #[derive(Debug)]
    pub struct TrackedBody<B, T: TrackEnd> {
        #[pin]
        inner: B,
        tracker: Tracker<T>,
    }
}

// Separate from the body so that its `Drop` needs no projection.
#[derive(Debug)]
struct Tracker<T: TrackEnd> {
    track: Option<T>,
    ended: bool,
}

impl<T: TrackEnd> Tracker<T> {
    fn end(&mut self, end: EndOfBody) {
        if let Some(track) = self.track.take() {
            track.end(end);
        }
    }
}

impl<T: TrackEnd> Drop for Tracker<T> {
    fn drop(&mut self) {
        // hyper drops a body that says `is_end_stream` without polling it again: that is an end, not a cancel.
        self.end(if self.ended { EndOfBody::Complete } else { EndOfBody::Dropped });
    }
}

impl<B: Body, T: TrackEnd> TrackedBody<B, T> {
    /// Watches `inner` on behalf of `track`.
    pub fn new(inner: B, track: T) -> Self {
        let ended = inner.is_end_stream();
        Self { inner, tracker: Tracker { track: Some(track), ended } }
    }
}

impl<B: Body, T: TrackEnd> Body for TrackedBody<B, T> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        match &frame {
            None => this.tracker.end(EndOfBody::Complete),
            Some(Err(_)) => this.tracker.end(EndOfBody::Error),
            Some(Ok(frame)) => {
                let track = this.tracker.track.as_mut();
                if let Some(trailers) = frame.trailers_ref() {
                    track.into_iter().for_each(|track| track.trailers(trailers));
                    this.tracker.end(EndOfBody::Trailers);
                } else {
                    if let (Some(data), Some(track)) = (frame.data_ref(), track) {
                        track.data(data.remaining());
                    }
                    this.tracker.ended = this.inner.is_end_stream();
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use http_body_util::{BodyExt, Empty, Full};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<(usize, Vec<EndOfBody>)>>);

    impl TrackEnd for Log {
        fn data(&mut self, bytes: usize) {
            self.0.lock().unwrap().0 += bytes;
        }

        fn end(self, end: EndOfBody) {
            self.0.lock().unwrap().1.push(end);
        }
    }

    impl Log {
        fn seen(&self) -> (usize, Vec<EndOfBody>) {
            self.0.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn a_body_read_to_its_end_is_complete_once() {
        let log = Log::default();
        let body = TrackedBody::new(Full::new(Bytes::from_static(b"hola")), log.clone());
        body.collect().await.unwrap();
        assert_eq!(log.seen(), (4, vec![EndOfBody::Complete]));
    }

    #[test]
    fn an_empty_body_that_nobody_polls_is_complete() {
        let log = Log::default();
        drop(TrackedBody::new(Empty::<Bytes>::new(), log.clone()));
        assert_eq!(log.seen(), (0, vec![EndOfBody::Complete]));
    }

    #[test]
    fn a_body_that_is_dropped_unread_is_dropped() {
        let log = Log::default();
        drop(TrackedBody::new(Full::new(Bytes::from_static(b"hola")), log.clone()));
        assert_eq!(log.seen(), (0, vec![EndOfBody::Dropped]));
    }

    #[tokio::test]
    async fn trailers_end_a_body() {
        let log = Log::default();
        let body = Full::new(Bytes::from_static(b"x")).with_trailers(async { Some(Ok(HeaderMap::new())) });
        TrackedBody::new(body, log.clone()).collect().await.unwrap();
        assert_eq!(log.seen(), (1, vec![EndOfBody::Trailers]));
    }
}
