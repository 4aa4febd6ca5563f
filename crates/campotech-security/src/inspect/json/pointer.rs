//! Where a fault is, found by a second walk: only refusals pay for it.

use std::fmt::Write;
use std::ops::Range;

use campotech_core::tellable_name;

use super::keys::unescape;

enum Step {
    Array(usize),
    Object(Option<Range<usize>>),
}

/// Of what stands deeper the pointer names the ancestor at this level.
const DEEPEST: usize = 8;

/// The JSON pointer (RFC 6901, as a fragment) of what stands at `offset`; all before it is well-formed.
///
/// It ends before a name that is not [tellable](tellable_name).
pub(in crate::inspect) fn pointer_at(text: &[u8], offset: usize) -> String {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    while at <= offset && at < text.len() {
        match text[at] {
            b'{' if at < offset => steps.push(Step::Object(None)),
            b'[' if at < offset => steps.push(Step::Array(0)),
            b'}' | b']' if at < offset => drop(steps.pop()),
            b',' if at < offset => match steps.last_mut() {
                Some(Step::Array(index)) => *index += 1,
                Some(Step::Object(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let end = string_end(text, at);
                // The first string after `{` or `,` is a name.
                if let Some(Step::Object(key @ None)) = steps.last_mut() {
                    *key = Some(at + 1..end);
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    let mut pointer = "#".to_owned();
    for step in steps.into_iter().take(DEEPEST) {
        match step {
            Step::Array(index) => drop(write!(pointer, "/{index}")),
            Step::Object(Some(key)) => match plain_name(&text[key]) {
                Some(name) => drop(write!(pointer, "/{name}")),
                None => break,
            },
            Step::Object(None) => break,
        }
    }
    pointer
}

/// Where the closing quote of the string at `start` is.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}

fn plain_name(raw: &[u8]) -> Option<String> {
    let mut name = Vec::new();
    unescape(raw, &mut name);
    String::from_utf8(name).ok().filter(|name| tellable_name(name))
}
