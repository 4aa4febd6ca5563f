//! A parser for RFC 8259 that refuses what receivers disagree about: names that repeat, depth, half surrogates, a BOM.

use std::borrow::Cow;

use super::Node;
use crate::limits::Limits;
use crate::report::{Code, Violation, codes};

/// Parses one JSON text within `limits`; how many bytes it has is the caller's to check.
///
/// # Errors
/// A violation of one of the `json.` codes, of `body.string` or `duplicate`; none of them repeats what was sent.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Node<'a>, Violation> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(Violation::new(&codes::JSON_BOM));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Violation::new(&codes::JSON_UTF8).with("offset", error.valid_up_to()))?;
    let (depth, nodes) = (limits.depth(), limits.nodes());
    let mut parser =
        Parser { text, bytes, at: 0, depth, nodes, limits, members: Vec::new(), items: Vec::new() };
    parser.whole().map_err(|fault| *fault)
}

struct Parser<'a, 'l> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How much deeper it may get.
    depth: usize,
    /// How many more values it may have.
    nodes: usize,
    limits: &'l Limits,
    /// What was read so far of all objects and arrays that are open: each is made once its size is known.
    members: Vec<Member<'a>>,
    items: Vec<Node<'a>>,
}

type Member<'a> = (Cow<'a, str>, Node<'a>);

/// In a box, so that no value carries room for a fault.
type Fault = Box<Violation>;

/// How many members there is room for from the beginning.
const ROOM: usize = 16;

impl<'a> Parser<'a, '_> {
    fn whole(&mut self) -> Result<Node<'a>, Fault> {
        self.skip_space();
        if self.at == self.bytes.len() {
            return Err(Violation::new(&codes::JSON_EMPTY).into());
        }
        let mut whole = Node::Null;
        self.value(|_, value| whole = value)?;
        self.skip_space();
        if self.at == self.bytes.len() { Ok(whole) } else { self.syntax() }
    }

    #[cold]
    fn fault(&self, code: &'static Code) -> Fault {
        Violation::new(code).with("offset", self.at).into()
    }

    /// Over a limit.
    #[cold]
    fn over(code: &'static Code, max: usize) -> Fault {
        Violation::new(code).with("max", max).into()
    }

    fn syntax<T>(&self) -> Result<T, Fault> {
        Err(self.fault(&codes::JSON_SYNTAX))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads a value, which goes to where it is kept from each branch by itself: the small ones are made there and moved nowhere.
    #[inline]
    fn value(&mut self, keep: impl FnOnce(&mut Self, Node<'a>)) -> Result<(), Fault> {
        let Some(nodes) = self.nodes.checked_sub(1) else {
            return Err(Self::over(&codes::JSON_NODES, self.limits.nodes()));
        };
        self.nodes = nodes;
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                keep(self, Node::Text(text));
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number()?;
                keep(self, Node::Number(number));
            }
            _ => {
                let other = self.other()?;
                keep(self, other);
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn other(&mut self) -> Result<Node<'a>, Fault> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'n') => self.word("null", Node::Null),
            _ => self.syntax(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Node<'a>, Fault>) -> Result<Node<'a>, Fault> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(Self::over(&codes::JSON_DEPTH, self.limits.depth()));
        };
        self.depth = depth;
        self.at += 1;
        self.skip_space();
        let node = read(self)?;
        self.depth += 1;
        Ok(node)
    }

    fn array(&mut self) -> Result<Node<'a>, Fault> {
        let first = self.items.len();
        if self.eat(b']') {
            return Ok(Node::Array(Vec::new()));
        }
        loop {
            self.skip_space();
            self.value(|parser, item| parser.items.push(item))?;
            self.skip_space();
            if self.eat(b']') {
                return Ok(Node::Array(closed(&mut self.items, first)));
            }
            if !self.eat(b',') {
                return self.syntax();
            }
        }
    }

    fn object(&mut self) -> Result<Node<'a>, Fault> {
        let first = self.members.len();
        if self.eat(b'}') {
            return Ok(Node::Object(Vec::new()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return self.syntax();
            }
            if self.members.capacity() == 0 {
                self.members.reserve(ROOM);
            }
            if self.members.len() - first == self.limits.keys() {
                return Err(Self::over(&codes::JSON_KEYS, self.limits.keys()));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.eat(b':') {
                return self.syntax();
            }
            self.skip_space();
            self.value(|parser, value| parser.members.push((name, value)))?;
            self.skip_space();
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                return self.syntax();
            }
        }
        if repeats(&self.members[first..]) {
            return Err(Violation::new(&codes::DUPLICATE).into());
        }
        Ok(Node::Object(closed(&mut self.members, first)))
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, Fault> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(node);
        }
        self.syntax()
    }

    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        match number_length(&self.bytes[start..]) {
            Some(length) => {
                self.at += length;
                Ok(&self.text[start..self.at])
            }
            None => self.syntax(),
        }
    }

    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let start = self.at + 1;
        match self.plain_string(start) {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => self.string_with_escapes(start).map(Cow::Owned),
        }
    }

    /// The string that begins at `start`; None, and as far as that, where it has an escape or a fault.
    #[inline(never)]
    fn plain_string(&mut self, start: usize) -> Option<&'a str> {
        let length = plain_length(self.bytes.get(start..)?);
        self.at = start + length;
        let plain = self.peek() == Some(b'"') && length <= self.limits.string();
        self.at += usize::from(plain);
        if plain { self.text.get(start..start + length) } else { None }
    }

    /// The string that began at `start`, whose first escape (or fault) has been reached.
    #[inline(never)]
    fn string_with_escapes(&mut self, mut start: usize) -> Result<String, Fault> {
        let mut owned = String::new();
        while self.eat(b'\\') {
            let before = &self.text[start..self.at - 1];
            let escaped = self.escape()?;
            start = self.at;
            self.at += plain_length(&self.bytes[start..]);
            // With what comes behind it, which may be all.
            owned.reserve(before.len() + escaped.len_utf8() + self.at - start);
            owned.push_str(before);
            owned.push(escaped);
        }
        if self.peek() != Some(b'"') {
            return self.syntax();
        }
        owned.push_str(&self.text[start..self.at]);
        self.at += 1;
        if owned.len() > self.limits.string() {
            return Err(Self::over(&codes::BODY_STRING, self.limits.string()));
        }
        Ok(owned)
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let Some(byte) = self.peek() else { return self.syntax() };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => {
                self.at -= 1;
                return self.syntax();
            }
        })
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.four_digits()?;
        if let Some(char) = char::from_u32(first) {
            return Ok(char);
        }
        if first < 0xDC00 && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second)
                && let Some(char) = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            {
                return Ok(char);
            }
        }
        Err(self.fault(&codes::JSON_SURROGATE))
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.syntax();
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }
}

/// The length of the number that `bytes` begin with (RFC 8259, section 6).
pub(crate) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

/// How many bytes of a string come before a quote, a backslash or a control.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    let mut at = 0;
    for word in words {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' ')).count()
}

/// The highest bit of each byte that is one of these; of those above the lowest it may be wrong.
#[inline]
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    // The quote and the space change places, so that the quote is next to the controls.
    let quote_or_control = below(word ^ (ONES * u64::from(b'"' ^ b' ')), b' ' + 1);
    let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
    (quote_or_control | backslash) & HIGHEST
}

/// What was read since `first`, in no more than twice the room that it takes.
fn closed<T>(open: &mut Vec<T>, first: usize) -> Vec<T> {
    let whole = first == 0 && open.len() * 2 > open.capacity();
    if whole { std::mem::take(open) } else { open.split_off(first) }
}

fn repeats(members: &[Member<'_>]) -> bool {
    // Few names are compared pairwise, unless all differ at first sight; many are sorted, so that nobody can make this quadratic.
    if members.len() <= 32 {
        let mut seen = 0_u64;
        for (at, (name, _)) in members.iter().enumerate() {
            let sight = 1 << first_sight(name.as_bytes());
            if seen & sight != 0 && members[..at].iter().any(|(known, _)| known == name) {
                return true;
            }
            seen |= sight;
        }
        return false;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// Below 64; two names for which it differs are different.
const fn first_sight(name: &[u8]) -> usize {
    match name {
        [first, .., last] => (name.len() + 5 * *first as usize + 11 * *last as usize) % 64,
        _ => name.len(),
    }
}
