//! XML that reads what is not in it (CWE-611): document types, entities, inclusions.

use super::rule::{Rule, RuleSet};
use super::text::{has, starts};

/// What an XML parser would fetch or expand.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    let mut at = 0;
    while let Some(found) = text.get(at..).unwrap_or_default().iter().position(|b| *b == b'<') {
        at += found + 1;
        let rest = &text[at..];
        if starts(rest, b"!entity") {
            rules.add(Rule::XmlEntity);
        } else if starts(rest, b"!doctype") {
            let head = &rest[..rest.len().min(256)];
            let head = &head[..head.iter().position(|b| *b == b'>').unwrap_or(head.len())];
            // HTML's own document types are public.
            if head.contains(&b'[') || has(head, b"system") {
                rules.add(Rule::XmlEntity);
            }
        } else if starts(rest, b"xi:include") || starts(rest, b"xsl:") {
            rules.add(Rule::XmlInclude);
        }
    }
}
