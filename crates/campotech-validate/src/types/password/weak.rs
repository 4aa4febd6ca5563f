//! What attackers try first: common passwords, patterns, words that they know.

/// Common passwords that are long enough to be chosen, one a line, in lower case.
static COMMON: &str = include_str!("common.txt");

/// Rows that fingers walk along.
const ROWS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklñzxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "!@#$%^&*()_+",
];

/// Whether the whole password is a common one; case doesn't matter.
pub(super) fn is_common(password: &str) -> bool {
    let folded = password.to_lowercase();
    COMMON.lines().any(|line| line == folded)
}

/// Whether it is few characters, one unit over and over, or a walk along a row.
pub(super) fn follows_a_pattern(password: &str) -> bool {
    let folded: Vec<char> = password.to_lowercase().chars().collect();
    let mut distinct = folded.clone();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() <= 4 || repeats(&folded) || walks(&folded)
}

/// One unit of up to eight characters, again and again, the last time perhaps cut short.
fn repeats(chars: &[char]) -> bool {
    (1..=8.min(chars.len() / 2)).any(|unit| chars.iter().zip(&chars[unit..]).all(|(a, b)| a == b))
}

/// All but a few of its steps are to a neighbour in a row, or from one code point to the next.
fn walks(chars: &[char]) -> bool {
    let steps = chars.len().saturating_sub(1);
    let walked = chars.windows(2).filter(|pair| are_neighbours(pair[0], pair[1])).count();
    walked * 5 >= steps * 4
}

fn are_neighbours(a: char, b: char) -> bool {
    (a as u32).abs_diff(b as u32) == 1
        || ROWS.iter().any(|row| {
            let next = |first: char, second: char| {
                row.chars().zip(row.chars().skip(1)).any(|(x, y)| x == first && y == second)
            };
            next(a, b) || next(b, a)
        })
}

/// Whether fewer than eight letters and digits are left without these words.
pub(super) fn is_made_of(password: &str, words: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    let mut found = false;
    for word in words.iter().take(16) {
        // A word of several parts counts whole and in parts: an address by its name and its host, too.
        let word: String = word.to_lowercase().chars().take(64).collect();
        for part in std::iter::once(&*word).chain(word.split(|c: char| !c.is_alphanumeric())) {
            if part.chars().count() >= 4 && rest.contains(part) {
                found = true;
                rest = rest.replace(part, " ");
            }
        }
    }
    found && rest.chars().filter(|c| c.is_alphanumeric()).count() < 8
}
