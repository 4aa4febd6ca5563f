//! The names of the objects that are open, to find those that are there twice.

use std::cmp::Ordering;
use std::ops::Range;

/// Names of all open objects, innermost last.
#[derive(Debug)]
pub(in crate::inspect) struct Keys<'a> {
    text: &'a [u8],
    keys: Vec<Key>,
    /// Names with escapes, decoded.
    decoded: Vec<u8>,
}

/// Where an object's names begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) keys: usize,
    decoded: usize,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
    decoded: bool,
    /// Its length and its first bytes: what differs in them differs.
    mark: u64,
    /// Where it is written.
    offset: usize,
}

/// Up to so many names, comparing each with each is cheaper than sorting.
const FEW: usize = 32;

/// Room for as many names as most bodies have open.
const ROOM: usize = 16;

impl<'a> Keys<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, keys: Vec::with_capacity(ROOM), decoded: Vec::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// A name, decoded.
    pub(super) fn name(&self, at: usize) -> Option<&[u8]> {
        let key = self.keys.get(at)?;
        let text = if key.decoded { &*self.decoded } else { self.text };
        text.get(key.start..key.end)
    }

    /// An object begins.
    pub(super) const fn open(&self) -> Mark {
        Mark { keys: self.keys.len(), decoded: self.decoded.len() }
    }

    /// A name of the innermost object; `span` is what stands between its quotes.
    pub(super) fn push(&mut self, span: Range<usize>, escaped: bool) {
        let offset = span.start - 1;
        let (start, end) = if escaped {
            let start = self.decoded.len();
            unescape(&self.text[span], &mut self.decoded);
            (start, self.decoded.len())
        } else {
            (span.start, span.end)
        };
        let name = if escaped { &self.decoded[start..end] } else { &self.text[start..end] };
        self.keys.push(Key { start, end, decoded: escaped, mark: mark(name), offset });
    }

    /// The innermost object ends: where a name of it is written for the second time.
    pub(super) fn close(&mut self, mark: Mark) -> Option<usize> {
        let Self { text, keys, decoded } = self;
        let bytes =
            |key: &Key| if key.decoded { &decoded[key.start..key.end] } else { &text[key.start..key.end] };
        let own = &mut keys[mark.keys..];
        let duplicate = if own.len() <= FEW {
            (1..own.len())
                .find(|at| {
                    let last = &own[*at];
                    own[..*at].iter().any(|key| key.mark == last.mark && bytes(key) == bytes(last))
                })
                .map(|at| own[at].offset)
        } else {
            // Sorted, not hashed: nobody can aim names at one bucket.
            own.sort_unstable_by(|a, b| match bytes(a).cmp(bytes(b)) {
                Ordering::Equal => a.offset.cmp(&b.offset),
                order => order,
            });
            own.windows(2).filter(|pair| bytes(&pair[0]) == bytes(&pair[1])).map(|pair| pair[1].offset).min()
        };
        keys.truncate(mark.keys);
        self.decoded.truncate(mark.decoded);
        duplicate
    }
}

fn mark(name: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = name.len().min(7);
    first[..length].copy_from_slice(&name[..length]);
    first[7] = name.len().min(255) as u8;
    u64::from_le_bytes(first)
}

/// Appends a string's text with its escapes undone; the escapes are known to be well-formed.
pub(in crate::inspect) fn unescape(raw: &[u8], text: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            text.push(*byte);
            continue;
        }
        let Some((kind, after)) = rest.split_first() else { return };
        rest = after;
        let plain = match kind {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (unit, used) = code_point(rest);
                rest = rest.get(used..).unwrap_or_default();
                text.extend_from_slice(unit.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            other => *other,
        };
        text.push(plain);
    }
}

/// The character of `XXXX` or `XXXX\uXXXX`, and how many bytes it took.
fn code_point(digits: &[u8]) -> (char, usize) {
    let unit = |at: usize| digits.get(at..at + 4).and_then(hex);
    let first = unit(0).unwrap_or(0);
    if let (0xd800..=0xdbff, Some(second)) = (first, unit(6)) {
        let point = 0x10000 + ((first - 0xd800) << 10) + second.saturating_sub(0xdc00);
        return (char::from_u32(point).unwrap_or('\u{fffd}'), 10);
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), 4)
}

/// Four hexadecimal digits.
pub(super) fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}
