//! A body without its coding, within limits.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

use super::coding::Coding;
use super::refusal::Refusal;

/// The largest window of HTTP (RFC 9659): a frame may ask for far more memory than its content ever fills.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Output that no ratio is asked about.
const FREE_OUTPUT: usize = 64 << 10;

/// Undoes `coding`; `limit` is for the output, `ratio` for output to input.
pub(super) fn decode(coding: Coding, input: &[u8], limit: usize, ratio: usize) -> Result<Bytes, Refusal> {
    if input.is_empty() {
        return Ok(Bytes::new());
    }
    let limits = Limits { size: limit, ratio: input.len().saturating_mul(ratio).max(FREE_OUTPUT) };
    // The decoder leaves in `get_ref` what it did not take: nothing may follow the coded data.
    let (output, rest) = match coding {
        Coding::Gzip => {
            let mut decoder = GzipDecoder::new(input);
            decoder.multiple_members(true);
            (limits.drain(&mut decoder)?, decoder.get_ref().len())
        }
        Coding::Brotli => {
            let mut decoder = BrotliDecoder::new(input);
            (limits.drain(&mut decoder)?, decoder.get_ref().len())
        }
        Coding::Deflate => {
            let mut decoder = ZlibDecoder::new(input);
            (limits.drain(&mut decoder)?, decoder.get_ref().len())
        }
        Coding::Zstd => {
            let mut decoder = ZstdDecoder::with_params(input, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]);
            (limits.drain(&mut decoder)?, decoder.get_ref().len())
        }
    };
    if rest == 0 { Ok(output) } else { Err(Refusal::Corrupt) }
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    size: usize,
    ratio: usize,
}

impl Limits {
    fn drain(self, decoder: &mut (impl AsyncRead + Unpin)) -> Result<Bytes, Refusal> {
        // The input is in memory, so that the decoder never waits.
        let mut cx = Context::from_waker(Waker::noop());
        let mut output = BytesMut::new();
        let mut chunk = [0_u8; 8 << 10];
        loop {
            let mut buffer = ReadBuf::new(&mut chunk);
            match Pin::new(&mut *decoder).poll_read(&mut cx, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Ok(output.freeze()),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return Err(Refusal::Corrupt),
            }
            let size = output.len() + buffer.filled().len();
            if size > self.size {
                return Err(Refusal::DecodedSize);
            }
            if size > self.ratio {
                return Err(Refusal::Ratio);
            }
            output.extend_from_slice(buffer.filled());
        }
    }
}
