//! One value through every detector that it needs.

use super::class::{
    AMPERSAND, ANGLE, BRACE, BRACKET, DASH, DISGUISE, DOT, EQUALS, LOW_LINE, Makeup, OPERATOR, QUOTE,
    SEPARATOR, SHELL,
};
use super::rule::RuleSet;
use super::{canonical, command, html, path, sql, template, xml};

/// What fires on a value, as it is and with its disguises off.
///
/// Time is linear in the length; the one allocation is the copy that is decoded. Nothing of the value is kept.
///
/// ```
/// use campotech_security::inspect::{Attack, examine};
///
/// assert!(examine("Cambiar caño de 3/4\" -- llamar antes de las 18; O'Higgins 1450").score() < 5);
/// let rules = examine("%27 OR 1=1 --");
/// assert_eq!(rules.attack(), Some(Attack::Sqli));
/// assert!(rules.score() >= 5);
/// ```
#[must_use]
pub fn examine(value: &str) -> RuleSet {
    examine_bytes(value.as_bytes(), Makeup::of(value.as_bytes()), &mut Vec::new())
}

/// The same, with what the value is made of and room for a copy.
pub(in crate::inspect) fn examine_bytes(value: &[u8], makeup: Makeup, copy: &mut Vec<u8>) -> RuleSet {
    let mut rules = RuleSet::default();
    if makeup.is_plain() {
        if sql::may_begin(value) {
            sql::detect_bare(value, &mut rules);
        }
        return rules;
    }
    run(value, makeup, &mut rules);
    // `0x2e` is made of letters and digits only.
    let marks = makeup.has(SEPARATOR) && value.windows(2).any(|pair| pair == b"0x");
    if (marks || makeup.has(DISGUISE | AMPERSAND)) && canonical::decode(value, copy) {
        let makeup = Makeup::of(copy);
        run(copy, makeup, &mut rules);
    }
    rules
}

fn run(text: &[u8], makeup: Makeup, rules: &mut RuleSet) {
    if makeup.has(QUOTE | BRACKET | OPERATOR | SHELL) || makeup.has_pair(DASH) {
        sql::detect(text, rules);
    } else {
        sql::detect_bare(text, rules);
    }
    if makeup.has(ANGLE | BRACKET | EQUALS) {
        html::detect(text, rules);
    }
    if makeup.has(SEPARATOR) || makeup.has_pair(DOT) {
        path::detect(text, rules);
    }
    if makeup.has(SHELL | SEPARATOR | ANGLE | BRACE) {
        command::detect(text, rules);
    }
    if makeup.has(BRACE | ANGLE) || makeup.has_pair(LOW_LINE) || (makeup.has(DOT) && makeup.has(BRACKET)) {
        template::detect(text, rules);
    }
    if makeup.has(ANGLE) {
        xml::detect(text, rules);
    }
}
