//! What holds for every rule, found without running any.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};

use super::{Alert, CaseFile, Look, RuleFile, RulesError};

/// Where every page of an alert is.
pub const RUNBOOKS: &str = "https://github.com/campotech/platform/blob/main/docs/runbooks/";

/// What an alert may be: it wakes people, it is a ticket, it proves that alerts arrive.
pub const SEVERITIES: [&str; 3] = ["critical", "warning", "none"];

const ANNOTATIONS: [&str; 5] = ["summary", "description", "dashboard", "panel", "runbook_url"];
const DASHBOARDS: [&str; 2] = ["application", "infrastructure"];

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The alert or the recording.
    pub rule: String,
    /// What is wrong with it.
    pub fault: String,
}

impl Finding {
    pub(super) fn new(rule: &str, fault: impl Into<String>) -> Self {
        Self { rule: rule.into(), fault: fault.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.fault)
    }
}

/// Labels, annotations and names of the alerts.
#[must_use]
pub fn alerts(file: &RuleFile) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for alert in file.alerts() {
        let mut say = |fault: String| found.push(Finding::new(&alert.alert, fault));
        if !seen.insert(&alert.alert) {
            say("is there twice".into());
        }
        let severity = alert.labels.get("severity").map_or("", String::as_str);
        if !SEVERITIES.contains(&severity) {
            say(format!("`{severity}` is no severity"));
        }
        for name in ANNOTATIONS {
            if annotation(alert, name).trim().is_empty() {
                say(format!("has no {name}"));
            }
        }
        let page = format!("{RUNBOOKS}{}.md", alert.alert);
        if annotation(alert, "runbook_url") != page {
            say(format!("its page is {page}"));
        }
        if !DASHBOARDS.contains(&annotation(alert, "dashboard")) {
            say("names no dashboard".into());
        }
        // Where nothing is left to be named, the value says nothing either.
        let absent = alert.expr.contains("absent(");
        if !absent && !annotation(alert, "description").contains("$value") {
            say("its description doesn't say the value".into());
        }
    }
    found
}

/// Whether the tests of each alert, in a file of its name, show it firing and quiet.
///
/// `tests` has the test files by name, without the ending.
#[must_use]
pub fn coverage(file: &RuleFile, tests: &BTreeMap<String, CaseFile>) -> Vec<Finding> {
    let mut found = Vec::new();
    for alert in file.alerts() {
        let name = &alert.alert;
        let Some(tests) = tests.get(name) else {
            found.push(Finding::new(name, format!("has no tests/{name}.yml")));
            continue;
        };
        let mut say = |fault: &str| found.push(Finding::new(name, fault));
        if !tests.looks_at(name).any(Look::fires) {
            say("no test shows it firing");
        }
        // What always fires has no quiet case.
        let always = alert.expr == "vector(1)";
        if !always && tests.looks_at(name).all(Look::fires) {
            say("no test shows it quiet");
        }
    }
    for name in tests.keys().filter(|name| !name.starts_with("slo-")) {
        if !file.alerts().any(|alert| &alert.alert == name) {
            found.push(Finding::new(name, "has tests, but is no alert"));
        }
    }
    found
}

/// Recordings that no rule reads and that `readme` doesn't offer.
#[must_use]
pub fn records(recording: &RuleFile, alerts: &RuleFile, readme: &str) -> Vec<Finding> {
    let exprs = alerts.alerts().map(|alert| &alert.expr);
    let exprs = exprs.chain(recording.records().map(|record| &record.expr));
    let read: BTreeSet<String> = exprs.flat_map(|expr| metrics(expr)).collect();
    let names: BTreeSet<&str> = recording.records().map(|record| record.record.as_str()).collect();
    let offered = |name: &str| readme.contains(&format!("`{name}`"));
    let unused = names.iter().filter(|name| !read.contains(**name) && !offered(name));
    let mut found: Vec<_> = unused.map(|name| Finding::new(name, "nobody reads it")).collect();
    let unknown = read.iter().filter(|name| name.contains(':') && !names.contains(name.as_str()));
    found.extend(unknown.map(|name| Finding::new(name, "is read, but not recorded")));
    found
}

/// The test files of `folder` by name, without the ending.
///
/// # Errors
/// [`RulesError`].
pub fn cases(folder: &Path) -> Result<BTreeMap<String, CaseFile>, RulesError> {
    let io = |source| RulesError::Io { path: folder.to_owned(), source };
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        found.insert(name, CaseFile::read(&path)?);
    }
    Ok(found)
}

fn annotation<'a>(alert: &'a Alert, name: &str) -> &'a str {
    alert.annotations.get(name).map_or("", String::as_str)
}

/// The series that an expression reads; none where it doesn't parse, which `promtool` says better.
fn metrics(expr: &str) -> BTreeSet<String> {
    let mut found = Metrics(BTreeSet::new());
    if let Ok(expr) = parser::parse(expr) {
        let Ok(_) = walk_expr(&mut found, &expr);
    }
    found.0
}

struct Metrics(BTreeSet<String>);

impl ExprVisitor for Metrics {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        if let Expr::VectorSelector(selector) = expr {
            self.0.extend(selector.name.clone());
        }
        if let Expr::MatrixSelector(selector) = expr {
            self.0.extend(selector.vs.name.clone());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
