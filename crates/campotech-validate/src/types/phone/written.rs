//! Which part of a text is a telephone number, as libphonenumber's `parse` sees it.
//!
//! Junk before the first digit or plus is no part of it, nor is what follows the last digit or letter; an extension is cut
//! off, and where three letters or more are in it they are those of a keypad (`0800 CAMPO`).

use super::Fault;
use super::digits::Digits;
use super::extension;

/// The longest text that is looked at, in UTF-16 units, as there.
pub(super) const LONGEST: usize = 250;

const CONTEXT: &str = ";phone-context=";
const SUBADDRESS: &str = ";isub=";

/// The digits of a text, and whether a plus came first.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) plus: bool,
    pub(super) digits: Digits,
}

/// What was written.
pub(super) fn read(text: &str) -> Result<Written, Fault> {
    if text.len() > LONGEST && text.encode_utf16().count() > LONGEST {
        return Err(Fault::TooLong);
    }
    if let Some(found) = plain(text) {
        return found;
    }
    if let Some((before, after)) = text.split_once(CONTEXT) {
        return in_context(before, after.split(';').next().unwrap_or_default());
    }
    number(without_subaddress(possible(text)))
}

/// A text of digits, pluses and the usual signs between them, in one pass; None where there is more to it.
fn plain(text: &str) -> Option<Result<Written, Fault>> {
    let mut written = Written { plus: false, digits: Digits::default() };
    let (mut interrupted, mut broken, mut last) = (false, false, b' ');
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                broken |= interrupted;
                written.digits.push(byte);
            }
            b'+' if written.digits.is_empty() && (!written.plus || last == b'+') => written.plus = true,
            // Nothing but an end that doesn't count, unless a digit comes after it.
            b'+' => interrupted = true,
            b' ' | b'-' | b'(' | b')' | b'.' | b'/' => {}
            _ => return None,
        }
        last = byte;
    }
    let found = if broken { Err(Fault::NotANumber) } else { Ok(written) };
    (written.digits.len() >= FEWEST).then_some(found)
}

/// RFC 3966's number of a context: a country's code stands before it, a domain says nothing.
fn in_context(before: &str, context: &str) -> Result<Written, Fault> {
    let local = before.split_once("tel:").map_or(before, |(_, number)| number);
    if is_domain(context) {
        return number(without_subaddress(local));
    }
    if !is_global(context) {
        return Err(Fault::NotANumber);
    }
    let mut whole = [0; 4 * LONGEST];
    let end = context.len() + local.len();
    whole.get_mut(..context.len()).ok_or(Fault::NotANumber)?.copy_from_slice(context.as_bytes());
    whole.get_mut(context.len()..end).ok_or(Fault::NotANumber)?.copy_from_slice(local.as_bytes());
    let whole = std::str::from_utf8(&whole[..end]).map_err(|_| Fault::NotANumber)?;
    number(without_subaddress(whole))
}

/// `+54`, with RFC 3966's visual separators.
fn is_global(context: &str) -> bool {
    let digits = context.strip_prefix('+').unwrap_or_default();
    digits.contains(is_digit) && digits.chars().all(|c| is_digit(c) || matches!(c, '-' | '.' | '(' | ')'))
}

/// `example.com`: labels of letters, digits and hyphens, the last of which begins with a letter.
fn is_domain(context: &str) -> bool {
    let alphanumeric =
        |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || (!c.is_ascii() && is_digit(c)));
    let domain = context.strip_suffix('.').unwrap_or(context);
    let label = |label: &str| {
        alphanumeric(label.chars().next())
            && alphanumeric(label.chars().next_back())
            && label.chars().all(|c| c == '-' || alphanumeric(Some(c)))
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.split('.').all(label) && top.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The text from the first digit or plus to the last digit or letter, and no second number after a slash.
fn possible(text: &str) -> &str {
    let begin = text.find(|c| is_plus(c) || is_digit(c)).unwrap_or(text.len());
    let text = text[begin..].trim_end_matches(|c: char| !c.is_alphanumeric() && c != '#');
    let second = |(at, _): &(usize, &str)| text[at + 1..].trim_start_matches(' ').starts_with('x');
    text.match_indices(['/', '\\']).find(second).map_or(text, |(at, _)| &text[..at])
}

fn without_subaddress(text: &str) -> &str {
    text.split_once(SUBADDRESS).map_or(text, |(number, _)| number)
}

/// The digits of what should be a number and nothing else.
fn number(text: &str) -> Result<Written, Fault> {
    if !is_viable(text) && !extension::starts(text).any(|at| is_viable(&text[..at])) {
        return Err(Fault::NotANumber);
    }
    let number = match extension::starts(text).next() {
        Some(at) if is_viable(&text[..at]) => &text[..at],
        _ => text,
    };
    let on_keypad = number.bytes().filter(u8::is_ascii_alphabetic).count() >= 3;
    let mut digits = Digits::default();
    for c in number.chars() {
        let ascii = match c {
            '0'..='9' => Some(c as u8),
            _ if on_keypad => key(c),
            _ => decimal(c),
        };
        ascii.into_iter().for_each(|ascii| digits.push(ascii));
    }
    Ok(Written { plus: number.starts_with(is_plus), digits })
}

/// The fewest digits that letters and extensions can follow.
const FEWEST: usize = 3;

/// Pluses, digits and what stands between them, letters only after three digits; or two digits and nothing else.
fn is_viable(text: &str) -> bool {
    let (mut digits, mut chars) = (0, 0);
    for c in text.trim_start_matches(is_plus).chars() {
        chars += 1;
        if is_digit(c) {
            digits += 1;
        } else if !(is_between(c) || digits >= FEWEST && c.is_ascii_alphabetic()) {
            return false;
        }
    }
    digits >= FEWEST || digits == 2 && chars == 2 && !text.starts_with(is_plus)
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

/// What stands between digits, a star and the `x` of a placeholder among it.
fn is_between(c: char) -> bool {
    matches!(
        c,
        ' ' | '-'
            | '.'
            | '/'
            | '('
            | ')'
            | '['
            | ']'
            | '~'
            | '*'
            | 'x'
            | 'X'
            | '\u{a0}'
            | '\u{ad}'
            | '\u{200b}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2053}'
            | '\u{2060}'
            | '\u{2212}'
            | '\u{223c}'
            | '\u{3000}'
            | '\u{30fc}'
            | '\u{ff08}'
            | '\u{ff09}'
            | '\u{ff0d}'..='\u{ff0f}'
            | '\u{ff3b}'
            | '\u{ff3d}'
            | '\u{ff5e}'
    )
}

/// The digit on whose key a letter is (ITU-T E.161).
fn key(c: char) -> Option<u8> {
    Some(match c.to_ascii_uppercase() {
        'A'..='C' => b'2',
        'D'..='F' => b'3',
        'G'..='I' => b'4',
        'J'..='L' => b'5',
        'M'..='O' => b'6',
        'P'..='S' => b'7',
        'T'..='V' => b'8',
        'W'..='Z' => b'9',
        _ => return None,
    })
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || decimal(c).is_some()
}

/// A decimal digit of any script as ASCII.
fn decimal(c: char) -> Option<u8> {
    let after = ZEROS.partition_point(|&zero| zero <= c as u32);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(c as u32 - zero).ok().filter(|digit| *digit < 10).map(|digit| b'0' + digit)
}

/// The zeros of Unicode's decimal digits (general category Nd); the other nine follow each.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0,
    0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60,
    0x16ac0, 0x16b50, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1,
    0x1e950, 0x1fbf0,
];
