//! The request body as it came in.

use bytes::Bytes;

/// The whole request body after decompression, byte for byte; a request extension set by the payload layer.
///
/// Signatures are verified over these bytes, and inspection reads them. Cloning shares the buffer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawBody(pub Bytes);

// A body may hold anything a client sent, so it never gets into a log by way of `{:?}`.
impl std::fmt::Debug for RawBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawBody({} bytes)", self.0.len())
    }
}
