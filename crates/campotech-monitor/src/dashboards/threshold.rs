//! The number that an alert compares with, taken out of its expression.

use promql_parser::parser::token::{T_ADD, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MUL, T_SUB};
use promql_parser::parser::{BinaryExpr, Expr};
use serde_json::{Value, json};

use super::{AlertUse, DashboardError, Panel, promql};
use crate::rules::{Alert, RuleFile};

const FINE: &str = "green";

/// Where an alert begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The number.
    pub value: f64,
    /// On which side of it the alert fires.
    pub direction: Direction,
}

/// On which side of its number an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Above it.
    Above,
    /// Below it.
    Below,
    /// At it.
    Equal,
}

/// The number of `alert` that `wanted` asks for.
///
/// # Errors
/// [`DashboardError::Promql`] where the alert's expression is none.
pub fn threshold(alert: &Alert, wanted: &AlertUse) -> Result<Option<Threshold>, DashboardError> {
    let expr = promql::parse(&alert.expr)?;
    if wanted.le {
        let bound = promql::selectors(&expr).iter().find_map(|selector| {
            let matcher = selector.matchers.find_matchers("le");
            // `le=~"1(\\.0)?"` spells one number in the ways that servers write it.
            let digits = |text: &str| text.split(['(', '|', '\\']).next().unwrap_or_default().parse().ok();
            matcher.first().and_then(|matcher| digits(&matcher.value))
        });
        return Ok(bound.map(|value| Threshold { value, direction: Direction::Above }));
    }
    let mut found = Vec::new();
    comparisons(&expr, wanted.factor, &mut found);
    Ok(found.get(wanted.nth).copied())
}

/// The steps of a panel's threshold lines, as Grafana has them.
pub(crate) fn steps(panel: &Panel, rules: &RuleFile) -> Result<Option<Value>, DashboardError> {
    let mut lines = Vec::new();
    for wanted in panel.alerts.iter().filter(|wanted| wanted.unlike.is_none()) {
        let alert = rules.alerts().find(|alert| alert.alert == wanted.name).ok_or_else(|| {
            DashboardError::UnknownAlert { panel: panel.title.clone(), alert: wanted.name.clone() }
        })?;
        let line = threshold(alert, wanted)?.ok_or_else(|| DashboardError::NoThreshold {
            panel: panel.title.clone(),
            alert: wanted.name.clone(),
        })?;
        lines.push((line, colour(alert)));
    }
    lines.sort_by(|(a, _), (b, _)| a.value.total_cmp(&b.value));
    let Some((first, _)) = lines.first() else { return Ok(None) };
    let direction = first.direction;
    if lines.iter().any(|(line, _)| line.direction != direction) {
        return Err(DashboardError::MixedThresholds { panel: panel.title.clone() });
    }
    let step = |colour: &str, value: Option<f64>| json!({"color": colour, "value": value});
    let mut steps = Vec::new();
    match direction {
        Direction::Above => {
            steps.push(step(FINE, None));
            steps.extend(lines.iter().map(|(line, colour)| step(colour, Some(line.value))));
        }
        Direction::Below => {
            // A step's colour holds upwards: what is below the first line has the first alert's colour.
            let next = lines.iter().skip(1).map(|(_, colour)| *colour).chain([FINE]);
            steps.push(step(lines[0].1, None));
            steps.extend(lines.iter().zip(next).map(|((line, _), next)| step(next, Some(line.value))));
        }
        Direction::Equal => {
            steps.push(step(FINE, None));
            for (line, colour) in &lines {
                steps.push(step(colour, Some(line.value)));
                steps.push(step(FINE, Some(line.value + 1.0)));
            }
        }
    }
    Ok(Some(Value::Array(steps)))
}

fn colour(alert: &Alert) -> &'static str {
    match alert.labels.get("severity").map(String::as_str) {
        Some("critical") => "red",
        _ => "orange",
    }
}

/// Comparisons with a number, from the left.
fn comparisons(expr: &Expr, factor: bool, found: &mut Vec<Threshold>) {
    match expr {
        Expr::Paren(paren) => comparisons(&paren.expr, factor, found),
        Expr::Aggregate(aggregate) => comparisons(&aggregate.expr, factor, found),
        Expr::Call(call) => call.args.args.iter().for_each(|arg| comparisons(arg, factor, found)),
        Expr::Subquery(subquery) => comparisons(&subquery.expr, factor, found),
        Expr::Binary(binary) => {
            comparisons(&binary.lhs, factor, found);
            found.extend(comparison(binary, factor));
            comparisons(&binary.rhs, factor, found);
        }
        _ => {}
    }
}

fn comparison(binary: &BinaryExpr, factor: bool) -> Option<Threshold> {
    let number = |side: &Expr| if factor { first_factor(side) } else { constant(side) };
    let (value, flipped) = match (number(&binary.lhs), number(&binary.rhs)) {
        (None, Some(value)) => (value, false),
        (Some(value), None) => (value, true),
        _ => return None,
    };
    let direction = match binary.op.id() {
        T_GTR | T_GTE if flipped => Direction::Below,
        T_LSS | T_LTE if flipped => Direction::Above,
        T_GTR | T_GTE => Direction::Above,
        T_LSS | T_LTE => Direction::Below,
        T_EQLC => Direction::Equal,
        _ => return None,
    };
    Some(Threshold { value, direction })
}

/// `2` of `2 * 0.001`.
fn first_factor(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Paren(paren) => first_factor(&paren.expr),
        Expr::Binary(binary) if binary.op.id() == T_MUL => constant(&binary.lhs),
        _ => None,
    }
}

/// The value of an expression of numbers alone.
fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(paren) => constant(&paren.expr),
        Expr::Unary(unary) => constant(&unary.expr).map(|value| -value),
        Expr::Binary(binary) => {
            let (left, right) = (constant(&binary.lhs)?, constant(&binary.rhs)?);
            Some(match binary.op.id() {
                T_ADD => left + right,
                T_SUB => left - right,
                T_MUL => left * right,
                T_DIV => left / right,
                _ => return None,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
