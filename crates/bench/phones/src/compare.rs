//! Ours beside libphonenumber: every prefix, and texts of every kind.

use std::fmt::Write;

use crate::{oracle, ours};

/// How numbers are written: before their digits, and from which prefix on. Two zeros are a call to another country.
const FORMS: [(&str, &str, u32); 3] = [("fixed", "+54", 0), ("mobile", "+549", 0), ("national", "0", 10_000)];

const LENGTHS: std::ops::RangeInclusive<usize> = 6..=12;

/// How many texts of what people and machines write are compared.
const TEXTS: u32 = 2_000_000;

/// Every five-digit prefix, written as a fixed line, as a mobile and as within the country, of six to twelve digits.
fn numbers(written: &'static str, first: u32, digits: usize) -> impl Iterator<Item = String> {
    (first..100_000).map(move |prefix| format!("{written}{prefix:05}{}", &"1549153"[..digits - 5]))
}

/// What libphonenumber says of each: a line for each form and length, with the number of valid ones and a digest of all
/// verdicts.
pub(crate) fn verdicts() -> String {
    let mut lines = "form\tdigits\tvalid\tdigest\n".to_owned();
    for (form, written, first) in FORMS {
        for digits in LENGTHS {
            let (mut valid, mut digest) = (0, Fnv::new());
            for text in numbers(written, first, digits) {
                let verdict = oracle::verdict(&text);
                valid += u32::from(verdict.starts_with('+'));
                digest.add(&verdict);
            }
            let _ = writeln!(lines, "{form}\t{digits}\t{valid}\t{:016x}", digest.0);
        }
    }
    lines
}

/// Compares the verdicts on all of them, and says how many there are.
///
/// # Errors
/// The first about which the two say different things.
pub(crate) fn prefixes() -> Result<usize, String> {
    let all = FORMS
        .into_iter()
        .flat_map(|(_, written, first)| LENGTHS.flat_map(move |digits| numbers(written, first, digits)));
    compared(all)
}

/// Compares the verdicts on texts put together of what numbers are written with.
///
/// # Errors
/// The first about which the two say different things.
pub(crate) fn texts() -> Result<usize, String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let texts = (0..TEXTS)
        .map(|_| (0..random.below(9)).map(|_| PARTS[random.below(PARTS.len())]).collect::<String>());
    compared(texts.collect::<Vec<_>>().into_iter().filter(|text| !is_read_otherwise(text)))
}

fn compared(texts: impl Iterator<Item = String>) -> Result<usize, String> {
    let (mut count, mut differences) = (0, Vec::new());
    for text in texts {
        count += 1;
        let (expected, ours) = (oracle::verdict(&text), ours::verdict(&text));
        // Which calling codes there are, and how long their numbers are, is nothing that ours knows.
        let elsewhere = ours == oracle::OTHER_COUNTRY && !expected.starts_with('+');
        if ours != expected && !elsewhere {
            differences.push(format!("{text:?}: libphonenumber {expected}, ours {ours}"));
        }
    }
    let shown = || differences.iter().take(20).map(|line| format!("\n  {line}")).collect::<String>();
    if differences.is_empty() {
        Ok(count)
    } else {
        Err(format!("{} differences:{}", differences.len(), shown()))
    }
}

/// Where the port goes its own way: it panics where `tel:` follows a context, and looks for a second number, as in
/// `4321-1234/x5`, from the last slash and the last line, where Google's others look from the first slash.
fn is_read_otherwise(text: &str) -> bool {
    let slashes = text.matches(['/', '\\']).count();
    text.split_once(";phone-context=").is_some_and(|(_, after)| after.contains("tel:"))
        || text.contains('x') && (slashes > 1 || slashes == 1 && text.contains('\n'))
}

#[rustfmt::skip]
const PARTS: [&str; 96] = [
    "+54", "+549", "54", "549", "0054", "00549", "0", "9", "15", " 15 ", "11", "011", "0343", "343", "(02966)", "2966",
    "3435", "351", "(351)", "5551212", "555-1212", "43211234", "4321-1234", "423456", "42 3456", "8765 4321", "87654321",
    "800", "0810", "222 1234", "600", "670", "675", "1", "2", "3", "4", "5", "6", "7", "8", "12", "123", " ", "  ", "-",
    ".", "/", "(", ")", "[", "*", "x", "X", "#", "~", ",", ",,", ";", ":", "+", "++", "\u{ff0b}", "\u{a0}", "\u{200b}",
    "\u{2011}", "\u{ff11}\u{ff11}", "\u{661}", "\u{967}", "\u{202e}", "\t", "\n", "ñ", "ABC", "a", "e", "ext", " ext. ",
    "EXTN", "extensión", "extensio\u{301}n", "int", " int. 12", "anexo", "доб", "ｅｘｔ", ";ext=5", ";ext=", "tel:", ";isub=1",
    ";phone-context=", "example.com", "a-b.c.", "tel:+54", " / 011 4321-1234", "\\x",
];

/// FNV-1a, so that the test can have it in five lines, too.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([b'\n']) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// xorshift64*: the same texts on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}
