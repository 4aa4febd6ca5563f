//! Brotli (RFC 7932), with a window that is no larger than what it is for.

use brotli_decompressor::{
    BrotliDecoderParameter, BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc,
};

use super::decode::Limits;
use super::refusal::Refusal;

/// The window that the first bits ask for (section 9.1), made no larger than `limit` calls for.
///
/// Distances reach back to the window or to the beginning, whichever is nearer: within a window that holds all there is, the
/// size is of no consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    /// The byte that asks for it.
    header: u8,
    /// Output that it is right for.
    reach: usize,
}

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// The smallest that is written in as many bits as larger ones.
const SMALLEST_BITS: u32 = 18;
/// What `0b000` in these three bits would stand for.
const BASE_BITS: u32 = 17;
/// A distance is at least so much below the window's size.
const GAP: usize = 16;

/// The output of what begins with `first` and goes on with `rest`.
///
/// It is decoded twice, the first time for the size alone: decoder and output together could take twice the limit.
pub(super) fn decode(first: u8, rest: &[u8], limits: Limits) -> Result<Vec<u8>, Refusal> {
    let window = Window::of(first, limits.size);
    let within = Limits { size: limits.size.min(window.reach), ..limits };
    let mut state = state();
    // Growing would take the old and the new one at once.
    state.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION, 1);
    let mut size = 0;
    run(state, window.header, rest, |data| {
        size += data.len();
        within.allow(size)
    })?;
    let mut output = within.room(size)?;
    // Another window, but the same bits behind it: what has passed once passes again.
    run(self::state(), Window::of(first, size.saturating_add(GAP)).header, rest, |data| {
        output.extend_from_slice(data);
        within.allow(output.len())
    })?;
    Ok(output)
}

fn state() -> Box<State> {
    let [bytes, words, codes] = [StandardAlloc::default(); 3];
    let mut state = BrotliState::new(bytes, words, codes);
    // On by default here, and up to 1 GiB; `br` has none (RFC 7932, section 9.1).
    state.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    Box::new(state)
}

/// Hands on the output piece by piece.
fn run(
    mut state: Box<State>,
    first: u8,
    rest: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let first = [first];
    let mut chunk = [0; 8 << 10];
    let mut total = 0;
    for (input, is_last) in [(&first[..], false), (rest, true)] {
        let (mut left, mut at) = (input.len(), 0);
        loop {
            let (mut room, mut end) = (chunk.len(), 0);
            let result = BrotliDecompressStream(
                &mut left, &mut at, input, &mut room, &mut end, &mut chunk, &mut total, &mut state,
            );
            take(&chunk[..end])?;
            match result {
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput if !is_last => break,
                // Nothing may follow the coded data.
                BrotliResult::ResultSuccess if left == 0 && (is_last || rest.is_empty()) => return Ok(()),
                _ => return Err(Refusal::Corrupt),
            }
        }
    }
    Err(Refusal::Corrupt)
}

impl Window {
    fn of(header: u8, limit: usize) -> Self {
        let asked = BASE_BITS + u32::from(header >> 1 & 0b111);
        // Up to the next power of two, so that a limit that is one takes no more than itself.
        let enough = (usize::BITS - limit.saturating_sub(1).leading_zeros()).max(SMALLEST_BITS);
        if header & 1 == 0 || asked <= enough {
            return Self { header, reach: usize::MAX };
        }
        // It is below what was asked, so that it fits into the three bits.
        let bits = u8::try_from(enough - BASE_BITS).unwrap_or(0b111);
        Self { header: header & !0b1110 | bits << 1, reach: (1 << enough) - GAP }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_no_larger_than_its_limit_calls_for() {
        let kept = |header| Window { header, reach: usize::MAX };
        // 16, 10 to 17 and the large one, all written in other bits, are left alone.
        for header in [0b0, 0b1010, 0b010_0001, 0b000_0001, 0b001_0001] {
            assert_eq!(Window::of(header, 1), kept(header));
        }
        let (w18, w19, w22, w24) = (0b0011, 0b0101, 0b1011, 0b1111);
        assert_eq!(Window::of(w18, 1), kept(w18));
        assert_eq!(Window::of(w24, 1), Window { header: w18, reach: (1 << 18) - 16 });
        assert_eq!(Window::of(w24, 1 << 18), Window { header: w18, reach: (1 << 18) - 16 });
        assert_eq!(
            Window::of(0xf0 | w22, (1 << 18) + 1),
            Window { header: 0xf0 | w19, reach: (1 << 19) - 16 }
        );
        assert_eq!(Window::of(w22, 1 << 22), kept(w22));
        assert_eq!(Window::of(w24, usize::MAX), kept(w24));
    }
}
