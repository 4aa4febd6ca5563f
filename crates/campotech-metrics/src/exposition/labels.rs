//! Labels as they stand between the braces of a sample.

use std::borrow::Cow;

/// Appends `name="value"`, behind a comma where something stands there already.
pub(crate) fn push_label(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    for piece in escaped(value, true) {
        text.push_str(piece);
    }
    text.push('"');
}

/// The pieces of help, where `\` and line feeds are escaped, or of a label's value, where quotes are, too.
pub(super) fn escaped(text: &str, quotes: bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut due = None;
    std::iter::from_fn(move || {
        if let Some(escape) = due.take() {
            return Some(escape);
        }
        if rest.is_empty() {
            return None;
        }
        let odd = |c| matches!(c, '\\' | '\n') || (quotes && c == '"');
        let at = rest.find(odd).unwrap_or(rest.len());
        let piece = &rest[..at];
        due = match rest.as_bytes().get(at) {
            Some(b'\\') => Some("\\\\"),
            Some(b'\n') => Some("\\n"),
            Some(_) => Some("\\\""),
            None => None,
        };
        rest = rest.get(at + 1..).unwrap_or("");
        Some(piece)
    })
}

/// The names and values in a text that [`push_label`] made, or that prometheus-client did.
pub(super) fn labels(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, quoted) = rest.split_once("=\"")?;
        let end = end_of_value(quoted)?;
        let value = &quoted[..end];
        rest = quoted[end + 1..].trim_start_matches(',');
        Some((name, unescaped(value)))
    })
}

/// Where the closing quote is.
fn end_of_value(quoted: &str) -> Option<usize> {
    let mut escape = false;
    quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !escape;
        escape = byte == b'\\' && !escape;
        closes
    })
}

/// Help or a label's value without its escapes.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_labels_are_escaped_each_in_their_way() {
        let help: String = escaped("a \"b\"\\c\nd", false).collect();
        let mut text = String::new();
        push_label(&mut text, "x", "a \"b\"\\c\nd");
        push_label(&mut text, "y", "é");
        assert_eq!(help, "a \"b\"\\\\c\\nd");
        assert_eq!(text, "x=\"a \\\"b\\\"\\\\c\\nd\",y=\"é\"");
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_is_read_again(a in "\\PC*|[\\\\\"\n,=x]{0,9}", b in "\\PC*|[\\\\\"\n,=x]{0,9}") {
            let mut text = String::new();
            push_label(&mut text, "a", &a);
            push_label(&mut text, "b", &b);
            let read: Vec<_> = labels(&text).collect();
            proptest::prop_assert_eq!(read, [("a", Cow::Owned(a)), ("b", Cow::Owned(b))]);
        }

        #[test]
        fn anything_is_read(text in "\\PC*|[\\\\\"\n,=x]{0,9}") {
            let _ = labels(&text).count();
        }
    }
}
