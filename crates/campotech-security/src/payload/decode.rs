//! A body without its coding, within limits.
//!
//! What decoding takes is bounded, too, and not only what comes of it: no window is larger than what the limit calls for,
//! whatever the coded data asks for, and nothing is kept that will be refused.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use zstd::zstd_safe::DCtx;

use super::brotli;
use super::coding::Coding;
use super::refusal::Refusal;

/// Output that no ratio is asked about.
const FREE_OUTPUT: usize = 64 << 10;

/// Undoes `coding`; `limit` is for the output, `ratio` for output to input.
pub(super) fn decode(coding: Coding, input: &[u8], limit: usize, ratio: usize) -> Result<Bytes, Refusal> {
    let Some((first, rest)) = input.split_first() else { return Ok(Bytes::new()) };
    let limits = Limits { size: limit, ratio: input.len().saturating_mul(ratio).max(FREE_OUTPUT) };
    match coding {
        Coding::Gzip => {
            let mut decoder = GzipDecoder::new(input);
            decoder.multiple_members(true);
            let output = limits.kept(&mut decoder, most_of_deflate(input))?;
            whole(decoder.get_ref().len(), output)
        }
        Coding::Deflate => {
            let mut decoder = ZlibDecoder::new(input);
            let output = limits.kept(&mut decoder, most_of_deflate(input))?;
            whole(decoder.get_ref().len(), output)
        }
        Coding::Brotli => whole(0, brotli::decode(*first, rest, limits)?),
        Coding::Zstd => limits.zstd(input),
    }
}

/// The decoder leaves what it did not take: nothing may follow the coded data.
fn whole(left: usize, mut output: Vec<u8>) -> Result<Bytes, Refusal> {
    if left > 0 {
        return Err(Refusal::Corrupt);
    }
    output.shrink_to_fit();
    Ok(output.into())
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) size: usize,
    pub(super) ratio: usize,
}

impl Limits {
    fn most(self) -> usize {
        self.size.min(self.ratio)
    }

    const fn over(self) -> Refusal {
        if self.size <= self.ratio { Refusal::DecodedSize } else { Refusal::Ratio }
    }

    /// Whether output of so many bytes is within both.
    pub(super) fn allow(self, size: usize) -> Result<(), Refusal> {
        if size > self.most() { Err(self.over()) } else { Ok(()) }
    }

    /// Room for output of up to `possible` bytes, within both. What can't be had is refused: where findings are only reported, limits
    /// are far.
    pub(super) fn room(self, possible: usize) -> Result<Vec<u8>, Refusal> {
        let mut output = Vec::new();
        match output.try_reserve_exact(self.most().min(possible)) {
            Ok(()) => Ok(output),
            Err(_) => Err(Refusal::DecodedSize),
        }
    }

    /// The output in one buffer that never grows: growing would take the old and the new one at once.
    fn kept(self, decoder: &mut (impl AsyncRead + Unpin), possible: usize) -> Result<Vec<u8>, Refusal> {
        let mut output = self.room(possible)?;
        // The input is in memory, so that the decoder never waits.
        let mut cx = Context::from_waker(Waker::noop());
        let mut chunk = [0_u8; 8 << 10];
        loop {
            let mut buffer = ReadBuf::new(&mut chunk);
            match Pin::new(&mut *decoder).poll_read(&mut cx, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Ok(output),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return Err(Refusal::Corrupt),
            }
            self.allow(output.len() + buffer.filled().len())?;
            output.extend_from_slice(buffer.filled());
        }
    }

    /// In one call, with the output as the window: then the size of the frame's own costs nothing. Frames that follow each
    /// other are one body (RFC 8878, section 3), those with a dictionary are errors.
    fn zstd(self, input: &[u8]) -> Result<Bytes, Refusal> {
        let mut output = self.room(input.len().saturating_mul(ZSTD_EXPANSION))?;
        let mut context = DCtx::try_create().ok_or(Refusal::Corrupt)?;
        match context.decompress(&mut output, input) {
            Ok(_) => whole(0, output),
            Err(code) if code.wrapping_neg() == ZSTD_TOO_SMALL => Err(self.over()),
            Err(_) => Err(Refusal::Corrupt),
        }
    }
}

/// What deflate can make of a byte: a match of 258 bytes takes two bits.
const DEFLATE_EXPANSION: usize = 1_032;
/// A block of 128 KiB takes four bytes (RFC 8878, section 3.1.1.2).
const ZSTD_EXPANSION: usize = 32 << 10;

const fn most_of_deflate(input: &[u8]) -> usize {
    input.len().saturating_mul(DEFLATE_EXPANSION)
}

/// `ZSTD_error_dstSize_tooSmall`, which is negated to be told.
const ZSTD_TOO_SMALL: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_for_what_the_input_can_become_and_refused_where_there_is_none() {
        let limits = Limits { size: usize::MAX, ratio: usize::MAX };
        assert_eq!(limits.room(1_000).unwrap().capacity(), 1_000);
        assert_eq!(Limits { size: 10, ..limits }.room(1_000).unwrap().capacity(), 10);
        assert_eq!(limits.room(usize::MAX).unwrap_err().as_str(), Refusal::DecodedSize.as_str());
    }
}
