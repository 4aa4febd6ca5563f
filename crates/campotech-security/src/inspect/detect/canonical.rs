//! A copy of a value with its disguises off.

/// How often an escape may be hidden in an escape and still be seen through.
const DECODES: usize = 3;

/// What a reader further in may make of `text`: percent escapes (also `%u`, overlong and of hexadecimal C form), HTML entities,
/// escapes of scripts, wide forms and other quotes. Whether that differs; then it is in `copy`.
pub(super) fn decode(text: &[u8], copy: &mut Vec<u8>) -> bool {
    copy.clear();
    if !text.iter().any(|b| matches!(b, b'%' | b'&' | b'\\' | 0 | 0x80..) || *b == b'x') {
        return false;
    }
    copy.extend_from_slice(text);
    let mut changed = false;
    for _ in 0..DECODES {
        if !once(copy) {
            break;
        }
        changed = true;
    }
    changed
}

/// One round, in place: what is written is never longer than what was read.
fn once(text: &mut Vec<u8>) -> bool {
    let (mut read, mut write) = (0, 0);
    let mut changed = false;
    while read < text.len() {
        let (byte, taken) = match step(&text[read..]) {
            Some((byte, taken)) => {
                changed = true;
                (byte, taken)
            }
            None => (Some(text[read]), 1),
        };
        if let Some(byte) = byte {
            text[write] = byte;
            write += 1;
        }
        read += taken;
    }
    text.truncate(write);
    changed
}

/// The byte that stands for the beginning of `text` (none: it vanishes), and how many bytes that took.
fn step(text: &[u8]) -> Option<(Option<u8>, usize)> {
    match text[0] {
        b'%' => percent(text),
        b'&' => entity(text),
        b'\\' => escape(text),
        b'0' if matches!(text.get(1), Some(b'x' | b'X')) => path_mark(text),
        0 => Some((None, 1)),
        0x80.. => confusable(text),
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

/// The ASCII that readers take a code point for: wide forms, other quotes, blanks, slashes.
fn ascii(point: u32) -> Option<u8> {
    Some(match point {
        0..=0x7f => u8::try_from(point).ok()?,
        0xff01..=0xff5e => u8::try_from(point - 0xfee0).ok()?,
        0x2b8 | 0x2b9 | 0x2bc | 0x2018 | 0x2019 | 0x201b | 0x2032 => b'\'',
        0x2ba | 0x201c | 0x201d | 0x2033 => b'"',
        0xa0 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => b' ',
        0x2039 | 0x3008 | 0xfe64 => b'<',
        0x203a | 0x3009 | 0xfe65 => b'>',
        0x2024 | 0x3002 => b'.',
        0x2044 | 0x2215 => b'/',
        0x2216 => b'\\',
        _ => return None,
    })
}

fn percent(text: &[u8]) -> Option<(Option<u8>, usize)> {
    if matches!(text.get(1), Some(b'u' | b'U')) {
        return Some((Some(ascii(hex(text.get(2..6)?)?)?), 6));
    }
    let byte = u8::try_from(hex(text.get(1..3)?)?).ok()?;
    // Overlong UTF-8: two bytes for what is one.
    if matches!(byte, 0xc0 | 0xc1) && text.get(3) == Some(&b'%') {
        let second = hex(text.get(4..6)?)?;
        return Some((Some(ascii((u32::from(byte & 0x1f) << 6) | (second & 0x3f))?), 6));
    }
    Some((Some(byte), 3))
}

fn entity(text: &[u8]) -> Option<(Option<u8>, usize)> {
    if text.get(1) == Some(&b'#') {
        let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
        let start = if is_hex { 3 } else { 2 };
        let digit = |b: &&u8| if is_hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
        let count = text.get(start..)?.iter().take(9).take_while(digit).count();
        let digits = &text[start..start + count];
        let point = if is_hex {
            hex(digits)
        } else {
            (count > 0).then(|| {
                digits.iter().fold(0, |value: u32, digit| {
                    value.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
                })
            })
        };
        let end = start + count;
        return Some((Some(ascii(point?)?), end + usize::from(text.get(end) == Some(&b';'))));
    }
    const NAMES: &[(&[u8], u8)] = &[
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"quot;", b'"'),
        (b"apos;", b'\''),
        (b"colon;", b':'),
        (b"lpar;", b'('),
        (b"rpar;", b')'),
        (b"tab;", b'\t'),
        (b"newline;", b'\n'),
        (b"sol;", b'/'),
        (b"bsol;", b'\\'),
        (b"amp;", b'&'),
        (b"nbsp;", b' '),
        (b"equals;", b'='),
        (b"semi;", b';'),
        (b"grave;", b'`'),
        (b"period;", b'.'),
        (b"comma;", b','),
        (b"num;", b'#'),
        (b"lbrace;", b'{'),
        (b"dollar;", b'$'),
    ];
    let named = |name: &[u8]| text.get(1..=name.len()).is_some_and(|given| given.eq_ignore_ascii_case(name));
    NAMES.iter().find(|(name, _)| named(name)).map(|(name, byte)| (Some(*byte), 1 + name.len()))
}

/// `\u003c`, `\x3c`
fn escape(text: &[u8]) -> Option<(Option<u8>, usize)> {
    match text.get(1)? {
        b'u' | b'U' => {
            if text.get(2) == Some(&b'{') {
                let close = text.iter().take(11).position(|b| *b == b'}')?;
                return Some((Some(ascii(hex(text.get(3..close)?)?)?), close + 1));
            }
            Some((Some(ascii(hex(text.get(2..6)?)?)?), 6))
        }
        b'x' | b'X' => Some((Some(ascii(hex(text.get(2..4)?)?)?), 4)),
        _ => None,
    }
}

/// `0x2e`, `0x2f`, `0x5c`: what bad readers of paths make dots and separators of.
fn path_mark(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let byte = match text.get(2..4)? {
        b"2e" | b"2E" => b'.',
        b"2f" | b"2F" => b'/',
        b"5c" | b"5C" => b'\\',
        _ => return None,
    };
    // In a longer number it is one of its bytes.
    match text.get(4) {
        Some(b) if b.is_ascii_hexdigit() && !(*b == b'0' && matches!(text.get(5), Some(b'x'))) => None,
        _ => Some((Some(byte), 4)),
    }
}

/// What is taken for ASCII; marks without width vanish.
fn confusable(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let point = match (*text.first()?, text.get(1), text.get(2)) {
        (first @ 0xc2..=0xdf, Some(second), _) => (u32::from(first & 0x1f) << 6) | u32::from(second & 0x3f),
        (first @ 0xe0..=0xef, Some(second), Some(third)) => {
            (u32::from(first & 0x0f) << 12) | (u32::from(second & 0x3f) << 6) | u32::from(third & 0x3f)
        }
        _ => return None,
    };
    let length = if text[0] < 0xe0 { 2 } else { 3 };
    match point {
        0xad | 0x200b..=0x200f | 0x2060 | 0xfeff => Some((None, length)),
        _ => Some((Some(ascii(point)?), length)),
    }
}
