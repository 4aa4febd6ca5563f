//! A body that does what a test says.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// One step of a [`ScriptedBody`].
#[derive(Debug, Clone)]
pub enum Step {
    /// Send these bytes.
    Data(Bytes),
    /// Send trailers.
    Trailers(HeaderMap),
    /// Wait (tokio's time, so it can be paused).
    Pause(Duration),
    /// Fail.
    Error,
    /// Never go on.
    Hang,
}

/// The error of [`Step::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptedError;

impl fmt::Display for ScriptedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was told to fail")
    }
}

impl std::error::Error for ScriptedError {}

/// A body of unknown length that runs through its steps.
#[derive(Debug, Default)]
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl ScriptedBody {
    /// A body that takes these steps and ends.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), pause: None }
    }

    /// A body of `chunks`, each in a frame of its own.
    pub fn chunks<C: Into<Bytes>>(chunks: impl IntoIterator<Item = C>) -> Self {
        Self::new(chunks.into_iter().map(|chunk| Step::Data(chunk.into())))
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = ScriptedError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScriptedError>>> {
        loop {
            if let Some(pause) = self.pause.as_mut() {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            return match self.steps.pop_front() {
                None => Poll::Ready(None),
                Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Trailers(map)) => Poll::Ready(Some(Ok(Frame::trailers(map)))),
                Some(Step::Error) => Poll::Ready(Some(Err(ScriptedError))),
                Some(Step::Pause(time)) => {
                    self.pause = Some(Box::pin(sleep(time)));
                    continue;
                }
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    Poll::Pending
                }
            };
        }
    }
}
