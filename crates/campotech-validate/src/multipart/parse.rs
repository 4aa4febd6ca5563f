//! The parts of a body.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::FilePart;
use super::disposition::{Head, LONGEST_HEAD};
use crate::json::Node;
use crate::limits::Limits;
use crate::report::{Code, Violation, codes};

/// Fields by their names, in their order, no name twice.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// Splits a body at `boundary` (RFC 2046, section 5.1): in one pass, with nothing before the first part.
pub(crate) fn parse<'a>(body: &'a Bytes, boundary: &str, limits: &Limits) -> Result<Fields<'a>, Violation> {
    let delimiter = format!("\r\n--{boundary}");
    let mut parser = Parser { body, delimiter: delimiter.as_bytes(), at: 0 };
    parser.open()?;
    let mut fields: Fields<'a> = Vec::new();
    // Files that weren't chosen count, too: they are parts that somebody has to look at, and have a name.
    let mut unchosen: Vec<Cow<'a, str>> = Vec::new();
    while let Some(part) = parser.next()? {
        if fields.len() + unchosen.len() == limits.fields() {
            return Err(Violation::new(&codes::FORM_FIELDS).with("max", limits.fields()));
        }
        let (name, node) = field(body, part, limits)?;
        if fields.iter().map(|(known, _)| known).chain(&unchosen).any(|known| *known == name) {
            return Err(Violation::new(&codes::DUPLICATE));
        }
        match node {
            Some(node) => fields.push((name, node)),
            None => unchosen.push(name),
        }
    }
    Ok(fields)
}

/// Where head and content of a part lie.
struct Part {
    head: Range<usize>,
    content: Range<usize>,
}

struct Parser<'a> {
    body: &'a [u8],
    delimiter: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn syntax(&self) -> Violation {
        Violation::new(&codes::MULTIPART_SYNTAX).with("offset", self.at)
    }

    /// Goes past the first boundary.
    fn open(&mut self) -> Result<(), Violation> {
        // The first one needs no line break before it, since it begins the body.
        let first = &self.delimiter[2..];
        if !self.body.starts_with(first) {
            return Err(self.syntax());
        }
        self.at = first.len();
        Ok(())
    }

    /// The next part; None after the last. Begins and ends just after a boundary.
    fn next(&mut self) -> Result<Option<Part>, Violation> {
        let rest = &self.body[self.at..];
        if rest.starts_with(b"--") {
            // An epilogue would be a second message that only some readers see.
            return if matches!(&rest[2..], b"" | b"\r\n") { Ok(None) } else { Err(self.syntax()) };
        }
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if !rest[padding..].starts_with(b"\r\n") {
            return Err(self.syntax());
        }
        // The line break after the boundary may be half of the empty line that ends a head without lines.
        let head_at = self.at + padding;
        let window = &self.body[head_at..self.body.len().min(head_at + LONGEST_HEAD)];
        let head = window.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or_else(|| self.syntax())?;
        let content_at = head_at + head + 4;
        let content = find(&self.body[content_at..], self.delimiter).ok_or_else(|| self.syntax())?;
        self.at = content_at + content + self.delimiter.len();
        Ok(Some(Part { head: head_at..head_at + head, content: content_at..content_at + content }))
    }
}

/// Where `delimiter` begins. It has one `\r`, its first byte, so that no byte is looked at more than twice.
fn find(bytes: &[u8], delimiter: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|&byte| byte == b'\r')?;
        if bytes[at..].starts_with(delimiter) {
            return Some(at);
        }
        at += 1;
    }
}

/// A part's name, and the part as a file or a text; None for a file that wasn't chosen.
fn field<'a>(
    body: &'a Bytes,
    part: Part,
    limits: &Limits,
) -> Result<(Cow<'a, str>, Option<Node<'a>>), Violation> {
    let head_at = part.head.start;
    let at = |code: &'static Code| Violation::new(code).with("offset", head_at);
    let head = std::str::from_utf8(&body[part.head]).map_err(|_| at(&codes::MULTIPART_SYNTAX))?;
    let Head { name, file_name, media_type } = Head::parse(head).map_err(at)?;
    if let Some(file_name) = file_name {
        if file_name.is_empty() && part.content.is_empty() {
            return Ok((name, None));
        }
        if file_name.is_empty() {
            return Err(at(&codes::MULTIPART_FILE_NAME));
        }
        let bytes = body.slice(part.content);
        return Ok((name, Some(Node::File(Box::new(FilePart { file_name, media_type, bytes })))));
    }
    if part.content.len() > limits.string() {
        return Err(Violation::new(&codes::BODY_STRING).with("max", limits.string()));
    }
    let text = std::str::from_utf8(&body[part.content]).map_err(|_| Violation::new(&codes::ENCODING))?;
    Ok((name, Some(Node::Parameter(Cow::Borrowed(text)))))
}
