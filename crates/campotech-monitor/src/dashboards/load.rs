//! The generated dashboards, read back for a live run.

use std::path::Path;

use serde_json::Value;

use super::generate::{NOTHING_FIRES, json_path, sources};
use super::{DashboardError, Panel, Source};

/// A dashboard as Grafana gets it.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// Part of its address.
    pub uid: String,
    /// What people call it.
    pub title: String,
    targets: Vec<Target>,
}

/// Something that a dashboard asks the data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The dashboard's uid.
    pub dashboard: String,
    /// The panel's title; `variable job` and `annotation Deploys` for what stands outside panels.
    pub panel: String,
    /// PromQL with Grafana's variables; [`expand`](super::expand) fills them in.
    pub expr: String,
    /// Whether it asks for the newest value only, not for a range.
    pub instant: bool,
    /// Whether no exporter of a live run makes its data: backfilled blocks do.
    pub backfilled: bool,
    /// Why it may have no data where all is well.
    pub may_be_empty: Option<String>,
}

impl Dashboard {
    /// All that it asks: variables, annotations, panels.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        self.targets.iter().cloned()
    }
}

/// The dashboards under `monitoring`, as the committed JSON has them.
///
/// # Errors
/// [`DashboardError`], also where the JSON has another query than its source.
pub fn load(monitoring: &Path) -> Result<Vec<Dashboard>, DashboardError> {
    sources(monitoring)?
        .iter()
        .map(|source| {
            let path = json_path(monitoring, source);
            let text = std::fs::read_to_string(&path)
                .map_err(|source| DashboardError::Io { path: path.clone(), source })?;
            let json = serde_json::from_str(&text).map_err(|source| DashboardError::Json { path, source })?;
            read(source, &json)
        })
        .collect()
}

fn read(source: &Source, json: &Value) -> Result<Dashboard, DashboardError> {
    let plain = |panel: String, expr: &str, instant: bool| Target {
        dashboard: source.uid.clone(),
        panel,
        expr: expr.to_owned(),
        instant,
        backfilled: false,
        may_be_empty: None,
    };
    let mut targets = Vec::new();
    for variable in list(&json["templating"]["list"]) {
        if let Some(series) = variable["query"]["query"].as_str().and_then(series_of) {
            targets.push(plain(format!("variable {}", text(&variable["name"])), series, true));
        }
    }
    for annotation in list(&json["annotations"]["list"]) {
        let name = text(&annotation["name"]);
        let expr = text(&annotation["target"]["expr"]);
        let may_be_empty = (name == "Alerts").then(|| NOTHING_FIRES.to_owned());
        targets.push(Target { may_be_empty, ..plain(format!("annotation {name}"), expr, false) });
    }
    for panel in list(&json["panels"]) {
        let title = text(&panel["title"]);
        let asked = list(&panel["targets"]);
        let known = source.panels().find(|known| known.title == title);
        let stale = || DashboardError::Stale { dashboard: source.uid.clone(), panel: title.to_owned() };
        let queries = known.map_or(&[][..], |known: &Panel| &known.queries);
        if queries.len() != asked.len() {
            return Err(stale());
        }
        for (asked, query) in asked.iter().zip(queries) {
            let expr = text(&asked["expr"]);
            if expr != query.promql() {
                return Err(stale());
            }
            targets.push(Target {
                backfilled: query.backfilled,
                may_be_empty: query.may_be_empty.clone(),
                ..plain(title.to_owned(), expr, asked["instant"] == true)
            });
        }
    }
    Ok(Dashboard { uid: source.uid.clone(), title: source.title.clone(), targets })
}

/// The series of `label_values(series, label)`.
pub(crate) fn series_of(query: &str) -> Option<&str> {
    let inner = query.strip_prefix("label_values(")?.strip_suffix(')')?;
    inner.rsplit_once(',').map(|(series, _)| series.trim())
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
