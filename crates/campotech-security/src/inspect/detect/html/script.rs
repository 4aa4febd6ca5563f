//! What a script's engine would run: URLs with a scheme of scripts, and calls.

use super::super::rule::{Rule, RuleSet};
use super::super::text::{has, has_word};

/// Schemes whose URLs run.
const SCHEMES: &[&[u8]] = &[b"javascript", b"vbscript", b"livescript", b"mocha", b"jscript"];

/// Whether a URL runs when it is followed: blanks, controls, comments and escapes in its scheme are passed over, as by browsers.
pub(super) fn runs_as_url(value: &[u8]) -> bool {
    let mut scheme = [0; 24];
    let mut length = 0;
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        if value[at..].starts_with(b"<!--") {
            let Some(end) = value[at..].windows(3).position(|window| window == b"-->") else { return false };
            at += end + 3;
            continue;
        }
        at += 1;
        match byte {
            0..=b' ' | b'"' | b'\'' | b'`' | b'\\' | 0x7f => {}
            // `javascript#` was one to old browsers.
            b':' | b'#' => break,
            _ if length < scheme.len() => {
                scheme[length] = byte.to_ascii_lowercase();
                length += 1;
            }
            _ => return false,
        }
    }
    let rest = value.get(at..).unwrap_or_default();
    let scheme = &scheme[..length];
    if at == 0 || rest.is_empty() {
        return false;
    }
    // `view-source:javascript`, `0;url=javascript:` and the like.
    if SCHEMES.iter().any(|name| scheme.ends_with(name)) {
        return true;
    }
    let is_data = scheme == b"data" || scheme.ends_with(b"url=data");
    let kinds: &[&[u8]] = &[
        b"text/html",
        b"text/javascript",
        b"text/xml",
        b"application/x",
        b"image/svg",
        b"application/javascript",
        b",<",
    ];
    is_data
        && kinds
            .iter()
            .any(|kind| rest.get(..kind.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(kind)))
}

/// Functions and objects that attacks reach for; those of the first list only if they are called.
const CALLED: &[&[u8]] = &[
    b"alert",
    b"prompt",
    b"confirm",
    b"eval",
    b"settimeout",
    b"setinterval",
    b"fetch",
    b"atob",
    b"msgbox",
    b"execscript",
    b"geturl",
    b"fromcharcode",
    b"getelementbyid",
    b"createelement",
    b"appendchild",
    b"writeln",
    b"xmlhttprequest",
    b"importscripts",
    b"expression",
    b"decodeuricomponent",
    b"unescape",
    b"onerror",
];
const OWNED: &[&[u8]] = &[
    b"document",
    b"window",
    b"location",
    b"self",
    b"top",
    b"parent",
    b"localstorage",
    b"sessionstorage",
    b"navigator",
];
const MEMBERS: &[&[u8]] = &[
    b"cookie",
    b"write",
    b"writeln",
    b"location",
    b"domain",
    b"body",
    b"innerhtml",
    b"href",
    b"open",
    b"url",
    b"forms",
    b"title",
    b"alert",
    b"eval",
    b"name",
    b"replace",
    b"assign",
    b"getitem",
    b"sendbeacon",
    b"vulnerable",
    b"documentelement",
];

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Where a call that attacks reach for begins, and where its name ends.
fn call(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    let mut lower = [0; 20];
    while at < text.len() {
        if !is_name(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < text.len() && is_name(text[at]) {
            at += 1;
        }
        let Some(name) = lower.get_mut(..at - start) else { continue };
        name.copy_from_slice(&text[start..at]);
        name.make_ascii_lowercase();
        let name = &*name;
        let rest = &text[at..];
        let blanks = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let next = rest.get(blanks).copied().unwrap_or(0);
        let argument = rest.get(blanks + 1).copied().unwrap_or(0);
        let called =
            blanks == 0 || argument.is_ascii_digit() || matches!(argument, b'"' | b'\'' | b'/' | b'`' | b')');
        if (next == b'(' || next == b'`') && called && CALLED.contains(&name) {
            return Some((start, at));
        }
        if OWNED.contains(&name) && (next == b'.' || next == b'[') && blanks == 0 {
            let member = &rest[1..];
            let member = &member[..member.iter().position(|b| !is_name(*b)).unwrap_or(member.len())];
            let mut lower = [0; 20];
            if let Some(lower) = lower.get_mut(..member.len()) {
                lower.copy_from_slice(member);
                lower.make_ascii_lowercase();
                if next == b'[' || MEMBERS.contains(&&*lower) {
                    return Some((start, at));
                }
            }
        }
        if name == b"location" && next == b'=' {
            return Some((start, at));
        }
    }
    None
}

/// Whether a value is a script rather than a word: a call, an assignment or a string of its own.
pub(super) fn is_code(value: &[u8]) -> bool {
    let value = &value[..value.len().min(128)];
    let script = value.iter().any(|b| matches!(b, b'(' | b'`' | b'=' | b';' | b'{' | b'['));
    script || runs_as_url(value)
}

/// Looks for URLs that run and for calls.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    if runs_as_url(text) {
        rules.add(Rule::XssUrl);
    }
    if let Some((start, _)) = call(text, 0) {
        let before = &text[..start];
        // Out of a string or a bracket, or into one: `';alert(1)`, `"-alert(1)-"`, `{alert(1)}`, `>alert(1)`.
        let last = before.iter().rev().find(|b| !b.is_ascii_whitespace());
        let breaks = last.is_none_or(|b| b";{}<>=+-*/&|^?:,'\"`(![".contains(b));
        rules.add(if breaks { Rule::XssScript } else { Rule::XssCall });
    }
    css(text, rules);
}

/// Styles that run, outside of an element.
fn css(text: &[u8], rules: &mut RuleSet) {
    let runs: &[&[u8]] = &[b"data:image/svg", b"javascript:", b"data:text"];
    if has(text, b"url(") && has_word(text, runs) {
        rules.add(Rule::XssStyle);
    }
}
