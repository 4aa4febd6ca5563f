//! What reading a text would cost, before it is read.
//!
//! A parser of HTML is quadratic in several ways: each attribute is compared with those before it in its tag, and a `<p>` walks
//! up the elements that are open. Worse, in each `<p>` all formatting elements are opened again that were left open in the one
//! before (HTML, 13.2.4.3): three at most of those that are alike, as many as one likes of those with attributes of their own.
//! Here whatever a parser could take for a tag counts as one, in a comment or a script, too.

use crate::report::{Violation, codes};

/// How many bytes are looked at.
pub(super) const BYTES: usize = 64 * 1024;

/// How many `<` may be in it.
const TAGS: usize = 1024;

/// How many attributes a tag may have.
const ATTRIBUTES: usize = 16;

/// How long a tag may be, its attributes included.
const TAG_BYTES: usize = 4096;

/// How many elements and attributes may be made by opening elements again, if every tag does so.
const COPIES: usize = 32 * 1024;

/// How many formatting elements that are alike are opened again.
const ALIKE: usize = 3;

/// What is opened again, but for `a`: a second one closes the first.
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Whether it is short enough to be looked at.
pub(super) fn check_length(html: &str) -> Result<(), Violation> {
    if html.len() > BYTES { Err(Violation::new(&codes::HTML_LONG).with("max", BYTES)) } else { Ok(()) }
}

/// Whether reading it costs little.
pub(super) fn check(html: &str) -> Result<(), Violation> {
    check_length(html)?;
    let (mut tags, mut formatting) = (0, Vec::new());
    for (at, _) in html.match_indices('<') {
        tags += 1;
        if tags > TAGS {
            return Err(too_complex());
        }
        let rest = &html[at + 1..];
        let (rest, ends) = rest.strip_prefix('/').map_or((rest, false), |rest| (rest, true));
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let tag = Tag::read(rest.as_bytes()).ok_or_else(too_complex)?;
            if !ends && FORMATTING.iter().any(|name| tag.name.eq_ignore_ascii_case(name.as_bytes())) {
                formatting.push((tag.written, tag.attributes));
            }
        }
    }
    formatting.sort_unstable();
    let copies = |alike: &[(&[u8], usize)]| -> usize {
        alike.iter().take(ALIKE).map(|(_, attributes)| 1 + attributes).sum()
    };
    let copied: usize = formatting.chunk_by(|one, other| one == other).map(copies).sum();
    if tags * copied > COPIES { Err(too_complex()) } else { Ok(()) }
}

/// It has more structure than notes have.
pub(super) fn too_complex() -> Violation {
    Violation::new(&codes::HTML_COMPLEX)
}

/// What a parser could take for a tag.
struct Tag<'a> {
    name: &'a [u8],
    /// All of it.
    written: &'a [u8],
    attributes: usize,
}

impl<'a> Tag<'a> {
    /// Takes it apart as a parser does, from its name on; `None` where it is over a limit.
    fn read(text: &'a [u8]) -> Option<Self> {
        let text = &text[..text.len().min(TAG_BYTES)];
        let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
            text[from..].iter().position(|byte| stop(*byte)).map_or(text.len(), |length| from + length)
        };
        let space = |byte: u8| byte.is_ascii_whitespace();
        let name = &text[..until(0, &|byte| space(byte) || matches!(byte, b'/' | b'>'))];
        let (mut at, mut attributes) = (name.len(), 0);
        loop {
            at = until(at, &|byte| !space(byte) && byte != b'/');
            match text.get(at) {
                // It doesn't end, because there is no more text or because that is too long.
                None if text.len() == TAG_BYTES => return None,
                None | Some(b'>') => return Some(Self { name, written: &text[..at], attributes }),
                Some(_) => attributes += 1,
            }
            if attributes > ATTRIBUTES {
                return None;
            }
            // A name may begin with an equals sign.
            at = until(at + 1, &|byte| space(byte) || matches!(byte, b'/' | b'>' | b'='));
            let value = until(at, &|byte| !space(byte));
            if text.get(value) != Some(&b'=') {
                continue;
            }
            at = until(value + 1, &|byte| !space(byte));
            at = match text.get(at) {
                Some(quote @ (b'"' | b'\'')) => (until(at + 1, &|byte| byte == *quote) + 1).min(text.len()),
                _ => until(at, &|byte| space(byte) || byte == b'>'),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use html5ever::buffer_queue::BufferQueue;
    use html5ever::tokenizer::{Tag as Read, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
    use proptest::prelude::*;

    use super::*;

    /// Keeps the first tag.
    #[derive(Default)]
    struct First(RefCell<Option<Read>>);

    impl TokenSink for First {
        type Handle = ();

        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            if let Token::TagToken(tag) = token {
                self.0.borrow_mut().get_or_insert(tag);
            }
            TokenSinkResult::Continue
        }
    }

    proptest! {
        #[test]
        fn no_tag_has_more_than_is_counted(text in "[bB]([a-c =/\"'><]|[\n\t\u{c}é]){0,24}") {
            let html = BufferQueue::default();
            html.push_back(format!("<{text}>").as_str().into());
            let parser = Tokenizer::new(First::default(), TokenizerOpts::default());
            let _ = parser.feed(&html);
            parser.end();
            let written = format!("{text}>");
            let ours = Tag::read(written.as_bytes());
            if let (Some(read), Some(ours)) = (parser.sink.0.take(), ours) {
                prop_assert!(ours.name.eq_ignore_ascii_case(read.name.as_bytes()));
                // A parser keeps one of each name.
                let count = ours.attributes == read.attrs.len();
                prop_assert!(count || read.had_duplicate_attributes && ours.attributes > read.attrs.len());
            }
        }
    }

    #[test]
    fn tags_are_taken_apart_as_a_parser_does() {
        for (text, name, attributes) in [
            ("b>", "b", 0),
            ("b/>", "b", 0),
            ("b / >", "b", 0),
            ("B\n>", "B", 0),
            ("b x>", "b", 1),
            ("b/x>", "b", 1),
            ("b x/y>", "b", 2),
            ("b x = y z>", "b", 2),
            ("b x=\"> y\"z='>'>", "b", 2),
            ("b x=\"a\" = y>", "b", 3),
            ("b x=a/b>", "b", 1),
            ("b x=>y>", "b", 1),
            ("b \"x y>", "b", 2),
            ("b x=\"y", "b", 1),
            ("b", "b", 0),
        ] {
            let tag = Tag::read(text.as_bytes()).unwrap();
            assert_eq!((tag.name, tag.attributes), (name.as_bytes(), attributes), "{text}");
            assert!(text.as_bytes().starts_with(tag.written) && tag.written.starts_with(tag.name));
        }
        let many = |n: usize| format!("b{}>", " x".repeat(n));
        assert!(Tag::read(many(ATTRIBUTES).as_bytes()).is_some());
        assert!(Tag::read(many(ATTRIBUTES + 1).as_bytes()).is_none());
        let long = |n: usize| format!("b x=\"{}\">", "y".repeat(n));
        assert!(Tag::read(long(TAG_BYTES - 7).as_bytes()).is_some());
        assert!(Tag::read(long(TAG_BYTES - 6).as_bytes()).is_none());
    }

    #[test]
    fn a_limit_is_a_limit() {
        let classes = |n: usize| (0..n).map(|class| format!("<b class={class}>")).collect::<String>();
        for (text, fine) in [
            ("<".repeat(TAGS), true),
            ("<".repeat(TAGS + 1), false),
            (classes(128), true),
            (classes(129), false),
            (classes(129).replace("<b", "<B"), false),
            (classes(129).replace("<b", "</b"), true),
            (classes(129).replace("<b", "<a"), true),
            (classes(104).replace("class", "x class"), true),
            (classes(105).replace("class", "x class"), false),
            (classes(16) + &"<p>".repeat(TAGS - 16), true),
            (classes(17) + &"<p>".repeat(TAGS - 17), false),
            ("<b class=x>".repeat(TAGS), true),
            ("<b>".repeat(TAGS), true),
            ("<b></b><strong></strong><i></i><em></em><u></u><s></s>".repeat(TAGS / 12), true),
            ("<a href=x>".repeat(TAGS), true),
            ("x".repeat(BYTES), true),
            ("x".repeat(BYTES + 1), false),
        ] {
            assert_eq!(check(&text).is_ok(), fine, "{} bytes of {}", text.len(), &text[..10]);
        }
    }
}
