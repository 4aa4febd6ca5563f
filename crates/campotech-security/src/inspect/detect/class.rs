//! Bytes by what they may be part of: one look at a value says which detectors need to read it.

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::inspect) struct Makeup {
    classes: u16,
    /// Classes that two neighbours share.
    pairs: u16,
    last: u16,
}

pub(in crate::inspect) const QUOTE: u16 = 1;
pub(in crate::inspect) const ANGLE: u16 = 1 << 1;
pub(in crate::inspect) const BRACKET: u16 = 1 << 2;
pub(in crate::inspect) const BRACE: u16 = 1 << 3;
pub(in crate::inspect) const SEPARATOR: u16 = 1 << 4;
/// `;`, `|`, `&`, a backtick, line ends
pub(in crate::inspect) const SHELL: u16 = 1 << 5;
pub(in crate::inspect) const OPERATOR: u16 = 1 << 6;
pub(in crate::inspect) const EQUALS: u16 = 1 << 7;
/// What may stand for another character.
pub(in crate::inspect) const DISGUISE: u16 = 1 << 8;
pub(in crate::inspect) const SPACE: u16 = 1 << 9;
pub(in crate::inspect) const DOT: u16 = 1 << 10;
pub(super) const DASH: u16 = 1 << 11;
pub(super) const LOW_LINE: u16 = 1 << 12;
/// No ASCII.
pub(in crate::inspect) const HIGH: u16 = 1 << 13;
/// `&`, which begins an entity of HTML.
pub(super) const AMPERSAND: u16 = 1 << 14;

pub(in crate::inspect) static CLASSES: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
}

const fn class(byte: u8) -> u16 {
    match byte {
        b'\'' => QUOTE,
        b'"' => QUOTE,
        b'<' | b'>' => ANGLE | OPERATOR,
        b'(' | b')' | b'[' | b']' => BRACKET,
        b'{' | b'}' => BRACE,
        b'/' => SEPARATOR,
        b'\\' => SEPARATOR | DISGUISE,
        b'|' => SHELL | OPERATOR,
        b'&' => SHELL | OPERATOR | AMPERSAND,
        b'`' => SHELL | QUOTE,
        b';' => SHELL,
        b'\n' | b'\r' => SHELL | SPACE,
        b'$' => SHELL | BRACE,
        b'=' => EQUALS | OPERATOR,
        b'#' | b'*' | b'!' | b'~' | b'^' | b'?' => OPERATOR,
        b'%' => OPERATOR | DISGUISE,
        b' ' | b'\t' => SPACE,
        b'.' => DOT,
        b'-' => DASH,
        b'_' => LOW_LINE,
        0..=0x1f => DISGUISE,
        0x7f => DISGUISE,
        // The first bytes of marks, quotes, blanks and wide forms; not those of letters.
        0xc2 | 0xca | 0xcb | 0xe2 | 0xe3 | 0xef => DISGUISE | HIGH,
        0x80.. => HIGH,
        _ => 0,
    }
}

impl Makeup {
    const fn add(&mut self, class: u16) {
        self.classes |= class;
        self.pairs |= class & self.last;
        self.last = class;
    }

    /// Whether a name is one of letters, digits, `_`, `-` and `.`, as nearly all are.
    pub(in crate::inspect) fn is_simple_name(name: &[u8]) -> bool {
        let classes = name.iter().fold(0, |classes, byte| classes | CLASSES[usize::from(*byte)]);
        classes & !(LOW_LINE | DASH | DOT) == 0
    }

    /// What `text` is made of.
    pub(in crate::inspect) fn of(text: &[u8]) -> Self {
        let mut makeup = Self::default();
        let (chunks, rest) = text.as_chunks::<16>();
        for chunk in chunks {
            makeup.add_chunk(chunk);
        }
        let (chunks, rest) = rest.as_chunks::<8>();
        for chunk in chunks {
            makeup.add_chunk(chunk);
        }
        rest.iter().for_each(|byte| makeup.add(CLASSES[usize::from(*byte)]));
        makeup
    }

    fn add_chunk<const N: usize>(&mut self, chunk: &[u8; N]) {
        let (odd, blank) = odd_and_blank(chunk);
        if odd {
            chunk.iter().for_each(|byte| self.add(CLASSES[usize::from(*byte)]));
        } else {
            self.classes |= if blank { SPACE } else { 0 };
            self.last = 0;
        }
    }

    /// The same without blanks: nothing that any detector reads.
    pub(in crate::inspect) const fn is_one_word(self) -> bool {
        self.is_plain() && self.classes & SPACE == 0
    }

    pub(in crate::inspect) const fn has(self, classes: u16) -> bool {
        self.classes & classes != 0
    }

    pub(in crate::inspect) const fn has_pair(self, classes: u16) -> bool {
        self.pairs & classes != 0
    }

    /// Whether no detector but one for words needs to look: letters, digits, blanks and `.,-_@:+`.
    pub(in crate::inspect) const fn is_plain(self) -> bool {
        self.classes & !(SPACE | DOT | DASH | LOW_LINE | HIGH) == 0
            && self.pairs & (DOT | DASH | LOW_LINE) == 0
    }
}

/// Whether there is anything but letters (those of Spanish too), digits, blanks, commas and colons, and whether there is a blank.
/// Written so that the compiler makes it one comparison for all of them.
fn odd_and_blank<const N: usize>(chunk: &[u8; N]) -> (bool, bool) {
    let mut odd = 0;
    let mut blank = 0;
    for byte in chunk {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 11;
        let space = *byte == b' ';
        let high = byte.wrapping_sub(0x80) < 0x40 || *byte == 0xc3;
        odd |= u8::from(!(letter | digit | space | high | (*byte == b',')));
        blank |= u8::from(space);
    }
    (odd != 0, blank != 0)
}
