//! Labels as they stand between the braces of a sample.

/// Appends `name="value"`, behind a comma where something stands there already.
pub(crate) fn push_label(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    push_escaped(text, value, true);
    text.push('"');
}

/// Escapes help (`\` and line feed) or a label's value (the quote too).
pub(super) fn push_escaped(out: &mut String, text: &str, quote: bool) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '\\' | '\n') || (quote && c == '"')) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push(if rest.as_bytes()[at] == b'\n' { 'n' } else { char::from(rest.as_bytes()[at]) });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_labels_are_escaped_each_in_their_way() {
        let (mut help, mut labels) = (String::new(), String::new());
        push_escaped(&mut help, "a \"b\"\\c\nd", false);
        push_label(&mut labels, "x", "a \"b\"\\c\nd");
        push_label(&mut labels, "y", "é");
        assert_eq!(help, "a \"b\"\\\\c\\nd");
        assert_eq!(labels, "x=\"a \\\"b\\\"\\\\c\\nd\",y=\"é\"");
    }
}
