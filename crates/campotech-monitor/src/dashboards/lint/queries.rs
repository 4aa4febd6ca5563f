//! What panels ask.

use promql_parser::parser::Expr;

use super::super::load::{list, text};
use super::super::promql::{self, Selector};
use super::Lint;

/// Functions that take a counter and give what it grew by.
const RATES: [&str; 3] = ["rate", "irate", "increase"];
/// Functions that make data where there is none, so that an empty panel looks like a full one.
const PRETENDERS: [&str; 3] = ["vector", "absent", "absent_over_time"];

impl Lint<'_> {
    pub(super) fn queries(&mut self) {
        for panel in self.all_panels() {
            let title = text(&panel["title"]);
            let mut refs = Vec::new();
            for target in list(&panel["targets"]) {
                if text(&target["legendFormat"]).is_empty() {
                    self.find("target-legend", Some(title), "a query has no legend");
                }
                let query = text(&target["expr"]);
                match promql::parse(query) {
                    Ok(expr) => self.query(title, query, &expr),
                    Err(why) => self.find("target-promql-rule", Some(title), why.to_string()),
                }
                refs.push(text(&target["refId"]));
            }
            refs.sort_unstable();
            if refs.windows(2).any(|pair| pair[0] == pair[1]) || refs.contains(&"") {
                self.find("panel-unique", Some(title), "two queries have one name");
            }
        }
    }

    fn query(&mut self, title: &str, query: &str, expr: &Expr) {
        let mut wants = |right: bool, rule: &'static str, what: &str| {
            if !right {
                self.find(rule, Some(title), format!("`{query}` {what}"));
            }
        };
        let selectors = promql::selectors(expr);
        let pretends = promql::functions(expr).iter().any(|function| PRETENDERS.contains(function));
        wants(
            !pretends && !selectors.is_empty(),
            "target-real-data",
            "has a value also where nothing is measured",
        );
        for selector in &selectors {
            let is_rate = selector.function.is_some_and(|function| RATES.contains(&function));
            wants(
                !is_rate || selector.is_rate_interval(),
                "target-rate-interval-rule",
                "takes a rate over another range than `$__rate_interval`",
            );
            wants(
                !is_counter(selector) || (is_rate && selector.range.is_some()),
                "target-counter-agg-rule",
                "shows a counter without `rate`, `irate` or `increase`",
            );
            wants(
                selector.matches("job", "job-variable"),
                "target-job-rule",
                "has a series without `job=~\"$job\"`",
            );
            wants(
                selector.matches("instance", "instance-variable"),
                "target-instance-rule",
                "has a series without `instance=~\"$instance\"`",
            );
        }
    }
}

fn is_counter(selector: &Selector<'_>) -> bool {
    selector.name.is_some_and(|name| name.ends_with("_total"))
}
