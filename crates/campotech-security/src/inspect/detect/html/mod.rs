//! Cross-site scripting: a value that, put into a page as it is, runs.
//!
//! A value is read as text of a page, as the rest of an attribute (in single quotes, in double quotes, in none), as a URL
//! and as the rest of a string in a script.

mod names;
mod script;
mod tags;

use super::rule::RuleSet;

/// What of `text` a browser would run.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    tags::detect(text, rules);
    script::detect(text, rules);
}
