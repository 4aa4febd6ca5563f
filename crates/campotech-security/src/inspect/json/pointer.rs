//! Where a fault is, found by a second walk: only refusals pay for it.

use std::fmt::Write;
use std::ops::Range;

use super::keys::unescape;

enum Step {
    Array(usize),
    Object(Option<Range<usize>>),
}

/// Names longer than this, or with anything but `A-Z a-z 0-9 _ . -`, are not repeated: the pointer ends before them.
const LONGEST_NAME: usize = 64;

/// The JSON pointer (RFC 6901, as a fragment) of what stands at `offset`; all before it is well-formed.
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
    for step in steps {
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
    let fine = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let plain = (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(fine);
    plain.then(|| String::from_utf8(name).ok()).flatten()
}
