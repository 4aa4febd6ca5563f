//! The variables at the top of a dashboard.

use serde_json::Value;

use super::super::load::{list, series_of, text};
use super::super::promql;
use super::{Lint, is_chosen};

impl Lint<'_> {
    pub(super) fn variables(&mut self) {
        let all = list(&self.json["templating"]["list"]);
        let sources: Vec<_> = all.iter().filter(|variable| variable["type"] == "datasource").collect();
        let rule = "template-datasource-rule";
        match sources[..] {
            [one] => {
                if one["name"] != "datasource"
                    || one["label"] != "Data source"
                    || one["query"] != "prometheus"
                {
                    self.find(
                        rule,
                        None,
                        "the data source is `datasource`, labelled `Data source`, for prometheus",
                    );
                }
            }
            _ => self.find(rule, None, "there is exactly one variable for the data source"),
        }
        self.choice(all, "template-job-rule", "job", "Job");
        self.choice(all, "template-instance-rule", "instance", "Instance");
        for variable in all.iter().filter(|variable| variable["type"] == "query") {
            let name = text(&variable["name"]);
            let query = text(&variable["query"]["query"]);
            let series = series_of(query).map(promql::parse);
            if !matches!(series, Some(Ok(_))) {
                self.find(
                    "template-label-promql-rule",
                    None,
                    format!("`{name}`: `{query}` is no label_values of a series"),
                );
            }
            if variable["refresh"] != 2 {
                self.find(
                    "template-on-time-change-reload-rule",
                    None,
                    format!("`{name}` is not read again when the time changes"),
                );
            }
        }
    }

    fn choice(&mut self, all: &[Value], rule: &'static str, name: &str, label: &str) {
        let Some(variable) = all.iter().find(|variable| variable["name"] == name) else {
            return self.find(rule, None, format!("there is no variable `{name}`"));
        };
        let mut wants = |right: bool, what: &str| {
            if !right {
                self.find(rule, None, format!("`{name}` {what}"));
            }
        };
        wants(is_chosen(&variable["datasource"]), "asks another data source than the chosen one");
        wants(variable["type"] == "query", "is no query");
        wants(variable["label"] == label, "has another label than its name");
        wants(variable["multi"] == true, "takes one value only");
        wants(variable["allValue"] == ".+", "has another value for all than `.+`");
    }
}
