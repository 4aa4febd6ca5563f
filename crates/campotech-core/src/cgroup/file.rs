//! Files of a control group: small, and read with a bound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than any file of a control group has, and than `/proc/self/mountinfo` has on a crowded node.
const MOST_BYTES: u64 = 1 << 20;

/// A text file's whole lines; of one that is too long, those that fit.
#[must_use]
pub fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 == MOST_BYTES {
        // Half a number is another number.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n')?);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The one number of a file; none for `max`, `-1` and what is no number.
#[must_use]
pub fn number(path: &Path) -> Option<u64> {
    text(path)?.trim().parse().ok()
}

/// The number behind `key` in a file of `key number` lines.
#[must_use]
pub fn keyed(text: &str, key: &str) -> Option<u64> {
    let mut words = text.lines().map(str::split_ascii_whitespace);
    let mut found = words.find_map(|mut line| (line.next() == Some(key)).then_some(line))?;
    found.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_whole_word() {
        let text = "total_inactive_file 7\ninactive_file_x 1\ninactive_file 42\nbad x\nbare\n";
        assert_eq!(keyed(text, "inactive_file"), Some(42));
        assert_eq!(keyed(text, "total_inactive_file"), Some(7));
        assert_eq!(keyed(text, "bad"), None);
        assert_eq!(keyed(text, "bare"), None);
        assert_eq!(keyed(text, "absent"), None);
    }

    #[test]
    fn a_file_without_end_is_cut_at_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        std::fs::write(&path, "1234567890123\n".repeat(1 << 17)).unwrap();
        let text = text(&path).unwrap();
        assert!(text.len() < MOST_BYTES as usize && text.ends_with("\n1234567890123"), "{}", text.len());
    }
}
