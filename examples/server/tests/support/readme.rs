//! What README.md shows.

pub(crate) const README: &str = include_str!("../../../../README.md");

/// The lines of README.md after the first that is `before`, up to the first that is `after`.
pub(crate) fn block<'a>(before: &str, after: &str) -> Vec<&'a str> {
    let mut lines = README.lines().skip_while(|line| *line != before).skip(1).peekable();
    assert!(lines.peek().is_some(), "README.md has no line {before}");
    lines.take_while(|line| *line != after).collect()
}

/// A line with its numbers and the width of its gaps masked.
pub(crate) fn masked(line: &str) -> String {
    let mut masked = String::new();
    for c in line.trim().chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        let last = masked.chars().last();
        let again = (c == '#' || c == ' ') && last == Some(c);
        if !again {
            masked.push(c);
        }
    }
    masked.replace("#.#", "#")
}
