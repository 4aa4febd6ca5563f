//! PromQL, looked into.

use std::collections::BTreeSet;
use std::time::Duration;

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::{self, Call, Expr};

use super::{DashboardError, Variables, expand};

/// A range that nobody would write by hand: where it turns up, `$__rate_interval` stood.
const RATE_INTERVAL: &str = "7m13s";

/// A series that an expression reads.
#[derive(Debug)]
pub(crate) struct Selector<'a> {
    pub(crate) matchers: &'a Matchers,
    /// The metric, where the expression names one.
    pub(crate) name: Option<&'a str>,
    /// In brackets.
    pub(crate) range: Option<Duration>,
    /// The function that takes it directly.
    pub(crate) function: Option<&'static str>,
}

impl Selector<'_> {
    /// Whether its range is `$__rate_interval`.
    pub(crate) fn is_rate_interval(&self) -> bool {
        self.range == Some(Duration::from_secs(7 * 60 + 13))
    }

    /// Whether it holds `label=~"value"`.
    pub(crate) fn matches(&self, label: &str, value: &str) -> bool {
        self.matchers
            .find_matchers(label)
            .iter()
            .any(|matcher| matches!(matcher.op, MatchOp::Re(_)) && matcher.value == value)
    }
}

/// `expr` as Grafana would send it, parsed.
pub(crate) fn parse(expr: &str) -> Result<Expr, DashboardError> {
    let probe = Variables {
        job: "job-variable".into(),
        instance: "instance-variable".into(),
        rate_interval: RATE_INTERVAL.into(),
        ..Variables::default()
    };
    let expr = expand(expr, &probe);
    parser::parse(&expr).map_err(|message| DashboardError::Promql { expr, message })
}

/// The series that `expr` reads, from left to right.
pub(crate) fn selectors(expr: &Expr) -> Vec<Selector<'_>> {
    let mut out = Vec::new();
    visit(expr, None, &mut |expr, function| {
        let (selector, range) = match expr {
            Expr::VectorSelector(selector) => (selector, None),
            Expr::MatrixSelector(matrix) => (&matrix.vs, Some(matrix.range)),
            _ => return,
        };
        out.push(Selector { matchers: &selector.matchers, name: named(selector), range, function });
    });
    out
}

/// The functions that `expr` calls.
pub(crate) fn functions(expr: &Expr) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    visit(expr, None, &mut |expr, _| {
        if let Expr::Call(Call { func, .. }) = expr {
            out.insert(func.name);
        }
    });
    out
}

/// The metrics that an expression names; Grafana's variables may stand in it.
///
/// # Errors
/// [`DashboardError::Promql`].
pub fn metrics_named(expr: &str) -> Result<BTreeSet<String>, DashboardError> {
    let expr = parse(expr)?;
    Ok(selectors(&expr).iter().filter_map(|selector| selector.name).map(str::to_owned).collect())
}

fn named(selector: &parser::VectorSelector) -> Option<&str> {
    let by_label = || {
        let label = &selector.matchers.matchers;
        let equal =
            label.iter().find(|matcher| matcher.name == "__name__" && matcher.op == MatchOp::Equal)?;
        Some(equal.value.as_str())
    };
    selector.name.as_deref().or_else(by_label)
}

/// Calls `seen` with each expression and the function that takes it directly, from the outside in.
fn visit<'a>(
    expr: &'a Expr,
    function: Option<&'static str>,
    seen: &mut impl FnMut(&'a Expr, Option<&'static str>),
) {
    seen(expr, function);
    match expr {
        Expr::Aggregate(aggregate) => {
            if let Some(param) = &aggregate.param {
                visit(param, None, seen);
            }
            visit(&aggregate.expr, None, seen);
        }
        Expr::Unary(unary) => visit(&unary.expr, None, seen),
        Expr::Binary(binary) => {
            visit(&binary.lhs, None, seen);
            visit(&binary.rhs, None, seen);
        }
        Expr::Paren(paren) => visit(&paren.expr, None, seen),
        Expr::Subquery(subquery) => visit(&subquery.expr, None, seen),
        Expr::Call(call) => {
            for arg in &call.args.args {
                visit(arg, Some(call.func.name), seen);
            }
        }
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_wherever_they_stand() {
        let expr = r#"topk(scalar(a), sum by (le) (rate(b_total{job=~"$job"}[$__rate_interval]))) / on () (-c offset 5m)
            and max_over_time((d > 1)[1h:5m]) unless {__name__="e"} or {__name__=~"f.*"}"#;
        let names = metrics_named(expr).unwrap();
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b_total", "c", "d", "e"]);
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        assert!(metrics_named("rate(a[$__rate_intervall])").is_err());
    }

    #[test]
    fn a_range_knows_its_function() {
        let expr = parse("rate(a[$__rate_interval]) + changes(b[5m])").unwrap();
        let found = selectors(&expr);
        assert!(found[0].is_rate_interval() && found[0].function == Some("rate"));
        assert!(!found[1].is_rate_interval() && found[1].function == Some("changes"));
    }
}
