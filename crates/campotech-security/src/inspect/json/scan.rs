//! The pass.

use std::ops::Range;

use super::super::finding::Finding;
use super::keys::{Keys, Mark, hex};
use super::place::Place;
use super::{JsonFault, JsonLimits};

/// A string or a name, as it is written.
#[derive(Debug)]
pub(in crate::inspect) struct JsonString<'a> {
    /// What stands between the quotes.
    pub(in crate::inspect) raw: &'a [u8],
    /// Whether escapes are in it.
    pub(in crate::inspect) escaped: bool,
    /// Whether it is a member's name.
    pub(in crate::inspect) is_name: bool,
    pub(in crate::inspect) place: Place<'a>,
}

struct Scan<'a, V> {
    text: &'a [u8],
    at: usize,
    nodes: usize,
    limits: &'a JsonLimits,
    open: Vec<Open>,
    keys: Keys<'a>,
    visit: V,
}

/// A string that was read.
struct Read {
    span: Range<usize>,
    escaped: bool,
}

/// An array or object that is not closed yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Open {
    /// How many elements have begun.
    Array(usize),
    Object(Mark),
}

/// What the grammar wants next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

/// Room for as many levels as most bodies have.
const LEVELS: usize = 8;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Checks that `text` is one JSON text within `limits`, with unique names; `visit` is told every string and name on the way.
pub(in crate::inspect) fn check(
    text: &[u8],
    limits: &JsonLimits,
    visit: impl FnMut(&JsonString<'_>),
) -> Result<(), JsonFault> {
    if text.starts_with(BOM) {
        return Err(JsonFault { finding: Finding::JsonBom, offset: 0 });
    }
    if let Err(error) = std::str::from_utf8(text) {
        return Err(JsonFault { finding: Finding::JsonUtf8, offset: error.valid_up_to() });
    }
    Scan { text, at: 0, nodes: 0, limits, open: Vec::with_capacity(LEVELS), keys: Keys::new(text), visit }
        .run()
}

impl<V: FnMut(&JsonString<'_>)> Scan<'_, V> {
    fn run(mut self) -> Result<(), JsonFault> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            expect = match (expect, self.peek()) {
                (Expect::ValueOrEnd, Some(b']')) | (Expect::KeyOrEnd, Some(b'}')) => self.close()?,
                (Expect::Value | Expect::ValueOrEnd, Some(byte)) => self.value(byte)?,
                (Expect::Key | Expect::KeyOrEnd, Some(b'"')) => self.key()?,
                (Expect::CommaOrEnd, next) => match (self.open.last(), next) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return self.fault(Finding::JsonTrailing, self.at),
                    (Some(Open::Array(_)), Some(b',')) => self.step(Expect::Value),
                    (Some(Open::Object(_)), Some(b',')) => self.step(Expect::Key),
                    (Some(Open::Array(_)), Some(b']')) | (Some(Open::Object(_)), Some(b'}')) => {
                        self.close()?
                    }
                    _ => return self.fault(Finding::JsonSyntax, self.at),
                },
                _ => return self.fault(Finding::JsonSyntax, self.at),
            };
        }
    }

    fn value(&mut self, byte: u8) -> Result<Expect, JsonFault> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return self.fault(Finding::JsonNodes, self.at);
        }
        if let Some(Open::Array(count)) = self.open.last_mut() {
            *count += 1;
            if *count > self.limits.array_length {
                return self.fault(Finding::JsonArrayLength, self.at);
            }
        }
        match byte {
            b'"' => {
                let start = self.at;
                let read = self.string()?;
                if read.span.len() > self.limits.string_length {
                    return self.fault(Finding::JsonStringLength, start);
                }
                self.tell(&read, false);
            }
            b'{' => return self.enter(Open::Object(self.keys.open()), Expect::KeyOrEnd),
            b'[' => return self.enter(Open::Array(0), Expect::ValueOrEnd),
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => self.number()?,
        }
        Ok(Expect::CommaOrEnd)
    }

    fn enter(&mut self, open: Open, next: Expect) -> Result<Expect, JsonFault> {
        if self.open.len() >= self.limits.depth {
            return self.fault(Finding::JsonDepth, self.at);
        }
        self.open.push(open);
        Ok(self.step(next))
    }

    fn close(&mut self) -> Result<Expect, JsonFault> {
        if let Some(Open::Object(mark)) = self.open.pop()
            && let Some(offset) = self.keys.close(mark)
        {
            return self.fault(Finding::JsonDuplicate, offset);
        }
        Ok(self.step(Expect::CommaOrEnd))
    }

    fn key(&mut self) -> Result<Expect, JsonFault> {
        let start = self.at;
        let read = self.string()?;
        if read.span.len() > self.limits.key_length {
            return self.fault(Finding::JsonKeyLength, start);
        }
        self.tell(&read, true);
        self.keys.push(read.span, read.escaped);
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.fault(Finding::JsonSyntax, self.at);
        }
        Ok(self.step(Expect::Value))
    }

    fn tell(&mut self, read: &Read, is_name: bool) {
        let Self { text, open, keys, visit, .. } = self;
        visit(&JsonString {
            raw: &text[read.span.clone()],
            escaped: read.escaped,
            is_name,
            place: Place { open, keys },
        });
    }

    fn string(&mut self) -> Result<Read, JsonFault> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at += plain_length(&self.text[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Read { span: start..self.at - 1, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.fault(Finding::JsonSyntax, self.at),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        match self.text.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let Some(unit) = self.text.get(start + 2..start + 6).and_then(hex) else {
                    return self.fault(Finding::JsonSyntax, start);
                };
                self.at += 6;
                match unit {
                    0xd800..=0xdbff => {
                        let low = self.text.get(self.at..self.at + 6).filter(|next| next.starts_with(b"\\u"));
                        if !matches!(low.and_then(|next| hex(&next[2..])), Some(0xdc00..=0xdfff)) {
                            return self.fault(Finding::JsonSurrogate, start);
                        }
                        self.at += 6;
                    }
                    0xdc00..=0xdfff => return self.fault(Finding::JsonSurrogate, start),
                    _ => {}
                }
            }
            _ => return self.fault(Finding::JsonSyntax, start),
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), JsonFault> {
        if !self.text[self.at..].starts_with(word) {
            return self.fault(Finding::JsonSyntax, self.at);
        }
        self.at += word.len();
        Ok(())
    }

    // The grammar only: how large a number may be is for the type that reads it.
    fn number(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.at - start > self.limits.number_length {
            return self.fault(Finding::JsonNumberLength, start);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let count = self.text[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return self.fault(Finding::JsonSyntax, self.at);
        }
        self.at += count;
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    const fn step(&mut self, next: Expect) -> Expect {
        self.at += 1;
        next
    }

    #[cold]
    const fn fault<T>(&self, finding: Finding, offset: usize) -> Result<T, JsonFault> {
        Err(JsonFault { finding, offset })
    }
}

/// How many bytes there are before the first that is a quote, a backslash or a control character.
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Eight at a time: the lowest byte that is marked is marked rightly (Mycroft).
    let zeros = |x: u64| x.wrapping_sub(ONES) & !x;
    let (chunks, rest) = text.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        let x = u64::from_le_bytes(*chunk);
        let quotes = zeros(x ^ (ONES * 0x22)) | zeros(x ^ (ONES * 0x5c));
        let stops = (quotes | (x.wrapping_sub(ONES * 0x20) & !x)) & HIGHS;
        if stops != 0 {
            return at * 8 + stops.trailing_zeros() as usize / 8;
        }
    }
    let plain = rest.iter().position(|b| *b < 0x20 || matches!(b, b'"' | b'\\'));
    chunks.len() * 8 + plain.unwrap_or(rest.len())
}
