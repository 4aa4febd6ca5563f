//! Template and expression injection, and lookups of loggers: what stands in an engine's brackets.

use super::rule::{Rule, RuleSet};
use super::text::{has_word, starts};

/// What an engine would evaluate.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    let mut at = 0;
    while at + 1 < text.len() {
        let pair = [text[at], text[at + 1]];
        let rest = &text[at + 2..];
        match &pair {
            // Of a row of them the last two open.
            b"{{" if rest.first() == Some(&b'{') => {}
            b"{{" => bracketed(rest, b"}}", rules),
            b"${" | b"#{" | b"*{" | b"@{" | b"~{" => {
                bracketed(rest, b"}", rules);
                if pair[0] == b'$' && !rules.has(Rule::LookupNested) {
                    looked_up(rest, rules);
                }
            }
            b"<%" => bracketed(rest, b"%>", rules),
            b"{%" => {
                let word = rest.trim_ascii_start();
                let tags: &[&[u8]] = &[
                    b"if ", b"for ", b"set ", b"include", b"import", b"extends", b"block", b"macro",
                    b"debug", b"with ",
                ];
                if tags.iter().any(|tag| starts(word, tag)) {
                    rules.add(Rule::TemplateTag);
                }
            }
            b"__" => objects(&text[at..], rules),
            _ => {}
        }
        at += 1;
    }
    java(text, rules);
}

/// An expression is short.
const LONGEST: usize = 128;

/// A placeholder has a name; an expression computes or calls.
fn bracketed(rest: &[u8], end: &[u8], rules: &mut RuleSet) {
    let rest = &rest[..rest.len().min(LONGEST)];
    let Some(close) = rest.windows(end.len()).position(|window| window == end) else { return };
    let inner = rest[..close].trim_ascii();
    let inner = inner.strip_prefix(b"=").unwrap_or(inner);
    if is_expression(inner) {
        rules.add(Rule::TemplateExpression);
    }
}

fn is_expression(inner: &[u8]) -> bool {
    let operand = |b: Option<&u8>| {
        b.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'\'' | b'"' | b')' | b']' | b'('))
    };
    let around = |at: usize| {
        let before = inner[..at].iter().rev().find(|b| !b.is_ascii_whitespace());
        let after = inner[at + 1..].iter().find(|b| !b.is_ascii_whitespace());
        operand(before) && operand(after)
    };
    // 7*7, 'a'+'b', a|filter
    let computes =
        inner.iter().enumerate().any(|(at, b)| matches!(b, b'*' | b'+' | b'%' | b'|') && around(at));
    // x.y(..), [..]
    let calls = inner
        .windows(2)
        .any(|pair| (pair[0].is_ascii_alphanumeric() || pair[0] == b'_') && matches!(pair[1], b'(' | b'['));
    let known: &[&[u8]] =
        &[b"config", b"self", b"request", b"settings", b"_self", b"app", b"dump", b"#session", b"t(java"];
    let named = known
        .iter()
        .any(|name| starts(inner, name) && matches!(inner.get(name.len()), None | Some(b'.' | b'(' | b'[')));
    computes || calls || named
}

/// Lookups of Log4j (CVE-2021-44228), also where letters of `jndi` come out of lookups themselves.
fn looked_up(rest: &[u8], rules: &mut RuleSet) {
    let rest = &rest[..rest.len().min(LONGEST)];
    let mut plain = [0; 64];
    let mut length = 0;
    let mut nested = false;
    let mut at = 0;
    // What a lookup of one letter gives: what stands after its last `:` or `:-`.
    while let Some(&byte) = rest.get(at) {
        at += 1;
        match byte {
            b'$' if rest.get(at) == Some(&b'{') => {
                nested = true;
                at += 1;
                let end = rest[at..]
                    .iter()
                    .position(|b| matches!(b, b'}' | b'$'))
                    .map_or(rest.len(), |end| at + end);
                let colon = rest[at..end].iter().rposition(|b| matches!(b, b':' | b'-'));
                at = colon.map_or(at, |colon| at + colon + 1);
            }
            b'}' if !nested => break,
            b'}' | b'{' => {}
            _ if length < plain.len() => {
                plain[length] = byte.to_ascii_lowercase();
                length += 1;
            }
            _ => break,
        }
    }
    let plain = &plain[..length];
    let prefixes: &[&[u8]] = &[
        b"env:", b"sys:", b"java:", b"lower:", b"upper:", b"ctx:", b"main:", b"bundle:", b"k8s:", b"docker:",
        b"web:", b"::-", b"script:", b"dns:", b"url:",
    ];
    if plain.trim_ascii_start().starts_with(b"jndi:") {
        rules.add(Rule::LookupJndi);
    } else if nested || prefixes.iter().any(|prefix| plain.starts_with(prefix)) {
        rules.add(Rule::LookupNested);
    }
}

/// `__class__` and its kin, with something that belongs to them.
fn objects(rest: &[u8], rules: &mut RuleSet) {
    let names: &[&[u8]] = &[
        b"__class__",
        b"__globals__",
        b"__builtins__",
        b"__import__",
        b"__subclasses__",
        b"__mro__",
        b"__base__",
        b"__init__",
        b"__dict__",
    ];
    if names.iter().any(|name| starts(rest, name)) {
        rules.add(Rule::TemplateObject);
    }
}

/// What only a program of Java says.
fn java(text: &[u8], rules: &mut RuleSet) {
    let names: &[&[u8]] = &[
        b"java.lang.",
        b"java.util.scanner",
        b"javax.script",
        b"getruntime",
        b"freemarker.template",
        b"processbuilder",
        b"class.forname",
    ];
    if text.contains(&b'.') && has_word(text, names) {
        rules.add(Rule::TemplateObject);
    }
}
