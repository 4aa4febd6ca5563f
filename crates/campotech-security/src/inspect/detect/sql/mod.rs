//! SQL injection: a value that, read as the rest of a statement, changes what the statement says.
//!
//! A value is read as if it stood without quotes, in single quotes and in double quotes. What a database could not read
//! is no injection there, so ordinary text ends the reading at its first or second word.

mod after;
mod facts;
mod lexer;
mod operand;
mod statement;
mod walk;
mod words;

use self::facts::Facts;
use self::walk::Walk;
use super::rule::{Rule, RuleSet};

/// Where a value stands in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Bare,
    /// After a string that the value closed; what its last byte was.
    Quoted {
        after_digit: bool,
    },
}

/// Whether a value of plain words may be SQL: its first or its second word is one of SQL's.
pub(super) fn may_begin(text: &[u8]) -> bool {
    let words = text.split(|b| !b.is_ascii_alphanumeric() && *b != b'_' && *b < 0x80);
    // Numbers and signs may stand before them.
    let words = words.filter(|word| word.first().is_some_and(|first| !first.is_ascii_digit()));
    words.take(2).any(|word| words::of(word) != words::Word::Name)
}

/// What of `text` is SQL where no quote has to be closed first.
pub(super) fn detect_bare(text: &[u8], rules: &mut RuleSet) {
    judge(Context::Bare, Walk::bare(text).run(), rules);
}

/// What of `text` is SQL that has no business in a value.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    detect_bare(text, rules);
    for quote in [b'\'', b'"'] {
        if let Some(at) = closing(text, quote) {
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            let after_digit = before.is_some_and(u8::is_ascii_digit);
            judge(Context::Quoted { after_digit }, Walk::quoted(text, at + 1).run(), rules);
        }
    }
}

/// The quote that would close a string which the value is the rest of: the first that is not doubled.
fn closing(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.iter().position(|b| *b == quote) {
        at += found;
        if text.get(at + 1) != Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
    None
}

fn judge(context: Context, facts: Facts, rules: &mut RuleSet) {
    let quoted = context != Context::Bare;
    let complete = facts.has(Facts::COMPLETE);
    let hides = facts.has(Facts::COMMENT) || (quoted && facts.has(Facts::COMMENT_TEXT));
    if facts.has(Facts::UNION) {
        rules.add(Rule::SqlUnion);
    }
    if facts.has(Facts::STACKED) {
        rules.add(Rule::SqlStacked);
    }
    if facts.has(Facts::CLAUSE) {
        rules.add(Rule::SqlClause);
    }
    if facts.has(Facts::SUBSELECT) {
        rules.add(Rule::SqlSubselect);
    }
    if facts.has(Facts::PROBE) {
        rules.add(Rule::SqlFunction);
    }
    if facts.has(Facts::STATEMENT) && facts.has_any(Facts::FROM.and(Facts::LIST)) && complete {
        rules.add(if facts.has_any(Facts::LIST.and(Facts::TEST).and(Facts::CATALOG)) {
            Rule::SqlStatement
        } else {
            Rule::SqlSelect
        });
    } else if facts.has(Facts::STATEMENT) {
        rules.add(Rule::SqlSelect);
    }
    let chooses = facts.has_any(Facts::CASE.and(Facts::ROUTINE));
    // Where no quote was closed, a sum in a sentence looks like one.
    let tests = facts.has(Facts::LITERAL_TEST) && (quoted || complete || facts.has(Facts::CALL));
    if tests || (complete && chooses && facts.has(Facts::COMPARISON)) {
        rules.add(Rule::SqlTautology);
    } else if facts.has(Facts::TEST) && (complete || hides) {
        rules.add(if quoted || hides { Rule::SqlTautology } else { Rule::SqlTest });
    }
    if facts.has(Facts::ORDER) && complete {
        rules.add(if quoted || hides { Rule::SqlOrder } else { Rule::SqlTest });
    } else if facts.has(Facts::ORDER_NAME) && quoted && complete {
        rules.add(Rule::SqlTest);
    }
    if facts.has(Facts::CALL) && quoted && complete && facts.has_any(Facts::OPERATOR.and(Facts::LOGIC)) {
        rules.add(Rule::SqlFunction);
    }
    if complete && facts.has(Facts::LOGIC) {
        rules.add(Rule::SqlLogic);
    }
    if quoted && complete && facts.has_any(Facts::OPERATOR.and(Facts::COMPARISON)) {
        rules.add(Rule::SqlOperator);
    }
    if facts.has(Facts::COMMENT) && (quoted || facts.has(Facts::CLOSES)) {
        rules.add(Rule::SqlComment);
    } else if let Context::Quoted { after_digit } = context
        && facts.has(Facts::COMMENT_TEXT)
    {
        rules.add(if after_digit { Rule::SqlMark } else { Rule::SqlHidden });
    }
    if facts.has(Facts::INLINE_COMMENT) && facts.has_any(Facts::TEST.and(Facts::LOGIC).and(Facts::OPERATOR)) {
        rules.add(Rule::SqlInline);
    }
}
