//! The request body that goes on.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// A request's body, as it came: untouched where it didn't have to be read, otherwise what was read of it.
    #[derive(Debug)]
    pub struct ValidateBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B> {
        Untouched { #[pin] body: B },
        Read { bytes: Option<Bytes> },
    }
}

// What was read is the client's, so `{:?}` tells its length only.
impl<B> std::fmt::Debug for Kind<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Untouched { .. } => f.write_str("Untouched"),
            Self::Read { bytes } => write!(f, "Read({} bytes)", bytes.as_ref().map_or(0, Bytes::len)),
        }
    }
}

impl<B> ValidateBody<B> {
    pub(super) const fn untouched(body: B) -> Self {
        Self { kind: Kind::Untouched { body } }
    }

    pub(super) fn read(bytes: Bytes) -> Self {
        Self { kind: Kind::Read { bytes: (!bytes.is_empty()).then_some(bytes) } }
    }
}

impl<B: Body<Data = Bytes>> Body for ValidateBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Untouched { body } => body.poll_frame(cx),
            KindProj::Read { bytes } => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Untouched { body } => body.is_end_stream(),
            Kind::Read { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Untouched { body } => body.size_hint(),
            Kind::Read { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}
