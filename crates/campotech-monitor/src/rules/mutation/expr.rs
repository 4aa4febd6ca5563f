//! Changes of an expression: one comparison or one guard at a time.

use promql_parser::parser::token::{T_EQLC, T_GTE, T_GTR, T_LAND, T_LSS, T_LTE, T_LUNLESS, T_NEQ, TokenType};
use promql_parser::parser::{self, BinaryExpr, Expr, NumberLiteral};

/// What was changed, and the expression after it.
type Change<T> = (String, T);

/// Every change of `expr`, and what it is.
pub(super) fn changes(expr: &str) -> Result<Vec<Change<String>>, String> {
    let changed = variants(&parser::parse(expr)?);
    Ok(changed.into_iter().map(|(change, expr)| (change, expr.to_string())).collect())
}

/// `expr` as the changes are printed.
pub(super) fn printed(expr: &str) -> Result<String, String> {
    Ok(parser::parse(expr)?.to_string())
}

fn variants(expr: &Expr) -> Vec<Change<Expr>> {
    match expr {
        Expr::Paren(outer) => within(&outer.expr, |inner| {
            let mut outer = outer.clone();
            outer.expr = inner;
            Expr::Paren(outer)
        }),
        Expr::Unary(outer) => within(&outer.expr, |inner| {
            let mut outer = outer.clone();
            outer.expr = inner;
            Expr::Unary(outer)
        }),
        Expr::Aggregate(outer) => within(&outer.expr, |inner| {
            let mut outer = outer.clone();
            outer.expr = inner;
            Expr::Aggregate(outer)
        }),
        Expr::Subquery(outer) => within(&outer.expr, |inner| {
            let mut outer = outer.clone();
            outer.expr = inner;
            Expr::Subquery(outer)
        }),
        Expr::Call(outer) => (0..outer.args.args.len())
            .flat_map(|at| {
                within(&outer.args.args[at], |inner| {
                    let mut outer = outer.clone();
                    outer.args.args[at] = inner;
                    Expr::Call(outer)
                })
            })
            .collect(),
        Expr::Binary(binary) => {
            let mut found = within(&binary.lhs, |lhs| Expr::Binary(BinaryExpr { lhs, ..binary.clone() }));
            found.extend(within(&binary.rhs, |rhs| Expr::Binary(BinaryExpr { rhs, ..binary.clone() })));
            if binary.op.is_comparison_operator() {
                found.extend(comparison(binary));
            } else if binary.op.is_set_operator() {
                found.extend(halves(binary));
            }
            found
        }
        _ => Vec::new(),
    }
}

fn within(inner: &Expr, rebuild: impl Fn(Box<Expr>) -> Expr) -> Vec<Change<Expr>> {
    let rebuilt = |(change, expr)| (change, rebuild(Box::new(expr)));
    variants(inner).into_iter().map(rebuilt).collect()
}

/// `a and b` and `a unless b` lose their guard; `a or b` loses either case.
fn halves(binary: &BinaryExpr) -> Vec<Change<Expr>> {
    let mut found = vec![(format!("without `{}`", binary.rhs), (*binary.lhs).clone())];
    if ![T_LAND, T_LUNLESS].contains(&binary.op.id()) {
        found.push((format!("without `{}`", binary.lhs), (*binary.rhs).clone()));
    }
    found
}

fn comparison(binary: &BinaryExpr) -> Vec<Change<Expr>> {
    let change = |op: TokenType, rhs: &Expr| {
        let after = BinaryExpr { op, rhs: Box::new(rhs.clone()), ..binary.clone() };
        let text = format!("`{} {}` -> `{op} {rhs}`", binary.op, binary.rhs);
        (text, Expr::Binary(after))
    };
    let mut found = vec![change(flipped(binary.op), &binary.rhs)];
    match value(&binary.rhs) {
        // Twenty percent of nothing is nothing: the limit itself is taken in.
        Some(0.0) => found.extend(taking_in(binary.op).map(|op| change(op, &binary.rhs))),
        // Between 2 and 3 starts there are none.
        Some(number) if counts(&binary.lhs) => {
            found.extend([number - 1.0, number + 1.0].map(|next| change(binary.op, &literal(next))));
        }
        Some(_) => found.extend([0.8, 1.2].map(|factor| change(binary.op, &scaled(&binary.rhs, factor)))),
        None => {}
    }
    found
}

fn flipped(op: TokenType) -> TokenType {
    TokenType::new(match op.id() {
        T_GTR => T_LSS,
        T_LSS => T_GTR,
        T_GTE => T_LTE,
        T_LTE => T_GTE,
        T_EQLC => T_NEQ,
        _ => T_EQLC,
    })
}

fn taking_in(op: TokenType) -> Option<TokenType> {
    match op.id() {
        T_GTR => Some(TokenType::new(T_GTE)),
        T_LSS => Some(TokenType::new(T_LTE)),
        _ => None,
    }
}

/// Whether it is a whole number of things.
fn counts(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if ["changes", "resets"].contains(&call.func.name))
}

/// The first number of a threshold: `14.4` of `(14.4 * 0.001)`.
fn value(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(inner) => value(&inner.expr),
        Expr::Binary(binary) => value(&binary.lhs),
        _ => None,
    }
}

fn scaled(expr: &Expr, factor: f64) -> Expr {
    match expr {
        // Rounded, so that people read 0.08 and not 0.08000000000000002.
        Expr::NumberLiteral(number) => literal((number.val * factor * 1e9).round() / 1e9),
        Expr::Paren(outer) => {
            let mut outer = outer.clone();
            outer.expr = Box::new(scaled(&outer.expr, factor));
            Expr::Paren(outer)
        }
        Expr::Binary(binary) => {
            Expr::Binary(BinaryExpr { lhs: Box::new(scaled(&binary.lhs, factor)), ..binary.clone() })
        }
        other => other.clone(),
    }
}

fn literal(val: f64) -> Expr {
    Expr::NumberLiteral(NumberLiteral { val })
}
