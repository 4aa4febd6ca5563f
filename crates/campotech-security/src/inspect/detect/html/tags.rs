//! Elements and attributes, as the tokeniser of HTML reads them (HTML, section 13.2.5).

use super::super::rule::{Rule, RuleSet};
use super::super::text::starts;
use super::names;
use super::script::{is_code, runs_as_url};

/// Reads elements, and attributes behind a quote that the value closes.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    elements(text, rules);
    // No attribute without a value is of any use.
    if !text.contains(&b'=') {
        return;
    }
    for quote in [b'"', b'\'', b'`'] {
        if let Some(at) = text.iter().position(|b| *b == quote) {
            broken_out(&text[at + 1..], rules);
        }
    }
    // Of an attribute without quotes a blank is the end.
    if let Some(at) = text.iter().position(|b| is_blank(*b) || *b == b'/') {
        broken_out(&text[at + 1..], rules);
    }
    broken_out(text, rules);
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0)
}

fn elements(text: &[u8], rules: &mut RuleSet) {
    let mut at = 0;
    while let Some(found) = text.get(at..).unwrap_or_default().iter().position(|b| *b == b'<') {
        at += found + 1;
        // Junk that some readers skip.
        let mut start = at;
        while text.get(start).is_some_and(|b| matches!(b, 0 | b'\\')) {
            start += 1;
        }
        match text.get(start) {
            Some(b'a'..=b'z' | b'A'..=b'Z') => at = element(text, start, rules),
            Some(b'/') => at = end_tag(text, start + 1, rules),
            Some(b'!') => markup(&text[start + 1..], rules),
            Some(b'?' | b'%') => instruction(&text[start + 1..], rules),
            _ => {}
        }
    }
}

fn name_end(text: &[u8], start: usize) -> usize {
    let name = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'));
    text[start..].iter().position(name).map_or(text.len(), |length| start + length)
}

/// Reads a start tag; where reading goes on.
fn element(text: &[u8], start: usize, rules: &mut RuleSet) -> usize {
    let end = name_end(text, start);
    let full = &text[start..end];
    // `<ns:script>`
    let name = full.rsplit(|b| *b == b':').next().unwrap_or(full);
    let known = names::is_element(name) || names::is_element(full);
    let bounded = text.get(end).is_none_or(|b| is_blank(*b) || b"/><\"'=+!#$%&()*.,;@[\\|]^`~{?".contains(b));
    if (names::is_active(name) || names::is_active(full)) && bounded {
        rules.add(Rule::XssTag);
    }
    let mut attributes = Attributes { text, at: end };
    let mut count = 0;
    while let Some(attribute) = attributes.next() {
        count += usize::from(!attribute.value.is_empty());
        judge(&attribute, true, rules);
    }
    if known && bounded {
        let closed = text.get(attributes.at.wrapping_sub(1)) == Some(&b'>');
        if count > 0 {
            rules.add(Rule::XssMarkup);
        } else if closed {
            rules.add(Rule::XssElement);
        }
    }
    attributes.at
}

fn end_tag(text: &[u8], start: usize, rules: &mut RuleSet) -> usize {
    let end = name_end(text, start);
    let name = &text[start..end];
    if text.get(end).is_none_or(|b| is_blank(*b) || matches!(b, b'>' | b'/')) {
        if names::is_active(name) || matches!(&*name.to_ascii_lowercase(), b"title" | b"textarea" | b"xmp") {
            rules.add(Rule::XssTag);
        } else if names::is_element(name) {
            rules.add(Rule::XssElement);
        }
    }
    end
}

/// What follows `<!`.
fn markup(rest: &[u8], rules: &mut RuleSet) {
    if let Some(comment) = rest.strip_prefix(b"--") {
        let words: &[&[u8]] = &[b"#exec", b"#include", b"#echo", b"[if"];
        rules.add(if words.iter().any(|word| starts(comment, word)) {
            Rule::XssTag
        } else {
            Rule::XssMarkup
        });
    } else if starts(rest, b"[cdata[") {
        rules.add(Rule::XssMarkup);
    }
}

/// What follows `<?` or `<%`.
fn instruction(rest: &[u8], rules: &mut RuleSet) {
    let blank = rest.first().is_some_and(|b| is_blank(*b));
    if starts(rest, b"php") || starts(rest, b"import") || starts(rest, b"=") || (blank && is_code(rest)) {
        rules.add(Rule::XssTag);
    }
}

/// Attributes behind what closed the one that the value is in.
fn broken_out(rest: &[u8], rules: &mut RuleSet) {
    let mut attributes = Attributes { text: rest, at: 0 };
    while let Some(attribute) = attributes.next() {
        judge(&attribute, false, rules);
    }
}

struct Attribute<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// The attributes of a tag, up to its end.
struct Attributes<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.text.get(self.at).is_some_and(|b| skipped(*b)) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.skip(|b| is_blank(b) || b == b'/');
        let start = self.at;
        match self.text.get(self.at) {
            None => return None,
            Some(b'>') => {
                self.at += 1;
                return None;
            }
            Some(_) => self.at += 1,
        }
        self.skip(|b| !(is_blank(b) || matches!(b, b'/' | b'>' | b'=')));
        let name = &self.text[start..self.at];
        self.skip(is_blank);
        if self.text.get(self.at) != Some(&b'=') {
            return Some(Attribute { name, value: &[] });
        }
        self.at += 1;
        self.skip(is_blank);
        let start = self.at;
        match self.text.get(self.at) {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                self.at += 1;
                self.skip(|b| b != *quote);
                let value = &self.text[start + 1..self.at];
                self.at = self.text.len().min(self.at + 1);
                Some(Attribute { name, value })
            }
            _ => {
                self.skip(|b| !(is_blank(b) || b == b'>'));
                Some(Attribute { name, value: &self.text[start..self.at] })
            }
        }
    }
}

fn judge(attribute: &Attribute<'_>, in_tag: bool, rules: &mut RuleSet) {
    let Attribute { name, value } = attribute;
    if value.is_empty() {
        return;
    }
    // Quotes and marks before a name are errors that browsers pass over.
    let junk = |b: &&u8| !b.is_ascii_alphanumeric();
    let name = &name[name.iter().take_while(junk).count()..];
    let end = name
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b':' | b'-')))
        .unwrap_or(name.len());
    let name = &name[..end];
    if names::is_handler(name) && (in_tag || is_code(value)) {
        rules.add(Rule::XssHandler);
    } else if name.eq_ignore_ascii_case(b"style") {
        if is_active_style(value) {
            rules.add(Rule::XssStyle);
        } else if in_tag {
            rules.add(Rule::XssMarkup);
        }
    } else if (runs_as_url(value) && (in_tag || names::is_url(name))) || name.eq_ignore_ascii_case(b"srcdoc")
    {
        rules.add(Rule::XssUrl);
    } else if in_tag && value.windows(2).any(|pair| pair == b"&{") {
        // Netscape's script entities.
        rules.add(Rule::XssUrl);
    }
}

/// Whether a style runs or loads something, its comments and escapes aside.
pub(super) fn is_active_style(value: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(value.len().min(512));
    let mut rest = &value[..value.len().min(2_048)];
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'/' && rest.first() == Some(&b'*') {
            let end = rest.windows(2).skip(1).position(|pair| pair == b"*/");
            rest = end.and_then(|end| rest.get(end + 3..)).unwrap_or_default();
        } else if *byte != b'\\' && !is_blank(*byte) {
            plain.push(byte.to_ascii_lowercase());
        }
    }
    let words: &[&[u8]] = &[
        b"expression(",
        b"javascript:",
        b"vbscript:",
        b"-moz-binding",
        b"behavior:",
        b"behaviour:",
        b"@import",
        b"url(",
        b"data:text",
    ];
    words.iter().any(|word| plain.windows(word.len()).any(|window| window == *word))
}
