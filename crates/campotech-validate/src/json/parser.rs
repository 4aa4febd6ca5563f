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
    let mut parser = Parser { text, bytes, at: 0, depth: limits.depth(), nodes: limits.nodes(), limits };
    parser.skip_space();
    if parser.at == bytes.len() {
        return Err(Violation::new(&codes::JSON_EMPTY));
    }
    let node = parser.value()?;
    parser.skip_space();
    if parser.at == bytes.len() { Ok(node) } else { Err(parser.fault(&codes::JSON_SYNTAX)) }
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
}

impl<'a> Parser<'a, '_> {
    fn fault(&self, code: &'static Code) -> Violation {
        Violation::new(code).with("offset", self.at)
    }

    fn syntax<T>(&self) -> Result<T, Violation> {
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

    fn value(&mut self) -> Result<Node<'a>, Violation> {
        let Some(nodes) = self.nodes.checked_sub(1) else {
            return Err(Violation::new(&codes::JSON_NODES).with("max", self.limits.nodes()));
        };
        self.nodes = nodes;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'n') => self.word("null", Node::Null),
            _ => self.syntax(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Node<'a>, Violation>) -> Result<Node<'a>, Violation> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(Violation::new(&codes::JSON_DEPTH).with("max", self.limits.depth()));
        };
        self.depth = depth;
        self.at += 1;
        self.skip_space();
        let node = read(self)?;
        self.depth += 1;
        Ok(node)
    }

    fn array(&mut self) -> Result<Node<'a>, Violation> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value()?);
            self.skip_space();
            if self.eat(b']') {
                return Ok(Node::Array(items));
            }
            if !self.eat(b',') {
                return self.syntax();
            }
        }
    }

    fn object(&mut self) -> Result<Node<'a>, Violation> {
        let mut members = Vec::new();
        if self.eat(b'}') {
            return Ok(Node::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return self.syntax();
            }
            if members.len() == self.limits.keys() {
                return Err(Violation::new(&codes::JSON_KEYS).with("max", self.limits.keys()));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.eat(b':') {
                return self.syntax();
            }
            self.skip_space();
            members.push((name, self.value()?));
            self.skip_space();
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                return self.syntax();
            }
        }
        if repeats(&members) { Err(Violation::new(&codes::DUPLICATE)) } else { Ok(Node::Object(members)) }
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, Violation> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(node);
        }
        self.syntax()
    }

    fn number(&mut self) -> Result<Node<'a>, Violation> {
        let start = self.at;
        match number_length(&self.bytes[start..]) {
            Some(length) => {
                self.at += length;
                Ok(Node::Number(&self.text[start..self.at]))
            }
            None => self.syntax(),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Violation> {
        self.at += 1;
        let mut owned = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &self.text[start..self.at];
                    if owned.len() + rest.len() > self.limits.string() {
                        return Err(Violation::new(&codes::BODY_STRING).with("max", self.limits.string()));
                    }
                    self.at += 1;
                    return Ok(if owned.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(owned + rest) });
                }
                Some(b'\\') => {
                    owned.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    owned.push(self.escape()?);
                    start = self.at;
                }
                None | Some(..0x20) => return self.syntax(),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, Violation> {
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

    fn unicode(&mut self) -> Result<char, Violation> {
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

    fn four_digits(&mut self) -> Result<u32, Violation> {
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

fn repeats(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    // Few names are compared pairwise; many are sorted, so that nobody can make this quadratic.
    if members.len() <= 16 {
        return members.iter().enumerate().any(|(i, (name, _))| members[..i].iter().any(|(n, _)| n == name));
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}
