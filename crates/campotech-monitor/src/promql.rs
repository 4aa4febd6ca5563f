//! What an expression is made of.

use promql_parser::parser::{self, Expr};

/// The parts of an alert's expression that have a result also while nothing is wrong: what is compared, and what `absent`
/// looks for.
///
/// # Errors
/// What the parser says.
pub fn operands(expr: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    walk(&parser::parse(expr)?, &mut found);
    Ok(found)
}

/// `expr` without `or vector(0)`, which makes an empty result look like data.
#[must_use]
pub fn without_zero(expr: &str) -> String {
    expr.replace("or vector(0)", "").replace("or on() vector(0)", "")
}

fn walk(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Paren(inner) => walk(&inner.expr, found),
        Expr::Binary(binary) if binary.op.is_set_operator() => {
            walk(&binary.lhs, found);
            walk(&binary.rhs, found);
        }
        Expr::Binary(binary) if binary.op.is_comparison_operator() => {
            for side in [&*binary.lhs, &*binary.rhs] {
                if !is_number(side) {
                    walk(side, found);
                }
            }
        }
        Expr::Aggregate(outer) if decides(&outer.expr) => walk(&outer.expr, found),
        Expr::Call(call) if call.func.name.starts_with("absent") => {
            found.extend(call.args.args.iter().map(ToString::to_string));
        }
        other => found.push(other.to_string()),
    }
}

/// Whether it has a result only where something is wrong.
fn decides(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => decides(&inner.expr),
        Expr::Binary(binary) => binary.op.is_set_operator() || binary.op.is_comparison_operator(),
        Expr::Call(call) => call.func.name.starts_with("absent"),
        _ => false,
    }
}

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => is_number(&inner.expr),
        Expr::Unary(inner) => is_number(&inner.expr),
        Expr::NumberLiteral(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_and_what_may_be_absent() {
        let found = |expr| operands(expr).unwrap();
        assert_eq!(found("a / b > 0.05"), ["a / b"]);
        assert_eq!(found("max by (job) (a == 0 or up{job=\"x\"} == 0 or absent(up{job=\"x\"}))").len(), 3);
        assert_eq!(found("sum(rate(a[5m])) > 1 and on() (b == 0)"), ["sum(rate(a[5m]))", "b"]);
        assert_eq!(found("vector(1)"), ["vector(1)"]);
        assert_eq!(found("abs(a) > -0.5"), ["abs(a)"]);
        assert!(operands("sum(").is_err());
    }

    #[test]
    fn a_zero_that_is_made_up_is_no_data() {
        assert_eq!(without_zero("sum(a) or vector(0)"), "sum(a) ");
    }
}
