use std::collections::BTreeMap;

use super::*;
use crate::dashboards::Kind;

fn alert(name: &str, expr: &str, severity: &str) -> Alert {
    let labels = BTreeMap::from([("severity".to_owned(), severity.to_owned())]);
    Alert {
        alert: name.into(),
        expr: expr.into(),
        hold: String::new(),
        keep_firing_for: String::new(),
        labels,
        annotations: BTreeMap::new(),
    }
}

fn wanted(name: &str) -> AlertUse {
    AlertUse { name: name.into(), nth: 0, le: false, factor: false, unlike: None, beside: Vec::new() }
}

fn of(expr: &str, wanted: &AlertUse) -> Option<(f64, Direction)> {
    let found = threshold(&alert("A", expr, "warning"), wanted).unwrap();
    found.map(|line| (line.value, line.direction))
}

fn panel(alerts: Vec<AlertUse>) -> Panel {
    Panel {
        title: "P".into(),
        description: String::new(),
        kind: Kind::Timeseries,
        unit: "none".into(),
        width: 8,
        height: None,
        min: None,
        max: None,
        stacked: false,
        words: None,
        queries: Vec::new(),
        alerts,
    }
}

fn steps_of(alerts: &[(&str, &str, &str)]) -> Result<Option<Value>, DashboardError> {
    use crate::rules::{Group, Rule};
    let rules =
        alerts.iter().map(|(name, expr, severity)| Rule::Alert(alert(name, expr, severity))).collect();
    let file = RuleFile { groups: vec![Group { name: "g".into(), interval: None, rules }] };
    steps(&panel(alerts.iter().map(|(name, ..)| wanted(name)).collect()), &file)
}

#[test]
fn the_number_is_found_on_either_side() {
    let first = wanted("A");
    assert_eq!(of("sum(a) / sum(b) > 0.05 and sum(b) > 1", &first), Some((0.05, Direction::Above)));
    assert_eq!(of("(5 < a)", &first), Some((5.0, Direction::Above)));
    assert_eq!(of("a <= -1", &first), Some((-1.0, Direction::Below)));
    assert_eq!(of("up == 0 or absent(up)", &first), Some((0.0, Direction::Equal)));
    assert_eq!(of("a > b", &first), None);
    assert_eq!(of("vector(1)", &first), None);
}

#[test]
fn guards_are_passed_by_when_asked_to() {
    let second = AlertUse { nth: 1, ..wanted("A") };
    assert_eq!(of("a / (b > 0) > 0.8", &second), Some((0.8, Direction::Above)));
    assert_eq!(of("a > 1", &second), None);
}

#[test]
fn factors_and_bounds_are_numbers_too() {
    let factor = AlertUse { factor: true, ..wanted("A") };
    assert_eq!(of("a > 14.4 * 0.001", &factor), Some((14.4, Direction::Above)));
    assert_eq!(of("a > (3 * 2) / 4", &wanted("A")), Some((1.5, Direction::Above)));
    let bound = AlertUse { le: true, ..wanted("A") };
    let share = r#"1 - a{le=~"1(\\.0)?"} / b > 0.05"#;
    assert_eq!(of(share, &bound), Some((1.0, Direction::Above)));
    assert_eq!(of("a > 1", &bound), None);
}

#[test]
fn steps_change_colour_where_the_alert_begins() {
    let above = steps_of(&[("W", "a > 2", "warning"), ("C", "a > 5", "critical")]).unwrap().unwrap();
    let want = json!([
        {"color": "green", "value": null}, {"color": "orange", "value": 2.0}, {"color": "red", "value": 5.0}
    ]);
    assert_eq!(above, want);
    let below = steps_of(&[("W", "a < 0.2", "warning"), ("C", "a < 0.05", "critical")]).unwrap().unwrap();
    let want = json!([
        {"color": "red", "value": null}, {"color": "orange", "value": 0.05}, {"color": "green", "value": 0.2}
    ]);
    assert_eq!(below, want);
    let at = steps_of(&[("C", "a == 0", "critical")]).unwrap().unwrap();
    let want = json!([
        {"color": "green", "value": null}, {"color": "red", "value": 0.0}, {"color": "green", "value": 1.0}
    ]);
    assert_eq!(at, want);
    assert_eq!(steps_of(&[]).unwrap(), None);
}

#[test]
fn contradictions_are_errors() {
    let mixed = steps_of(&[("W", "a < 2", "warning"), ("C", "a > 5", "critical")]);
    assert!(matches!(mixed, Err(DashboardError::MixedThresholds { .. })));
    let none = steps_of(&[("W", "vector(1)", "none")]);
    assert!(matches!(none, Err(DashboardError::NoThreshold { .. })));
    let file = RuleFile { groups: Vec::new() };
    let unknown = steps(&panel(vec![wanted("Nobody")]), &file);
    assert!(matches!(unknown, Err(DashboardError::UnknownAlert { .. })));
}
