//! A dashboard as people write it: `grafana/sources/*.toml`.

use std::path::Path;

use serde::Deserialize;

use super::DashboardError;

/// A dashboard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Part of its address; never changes.
    pub uid: String,
    /// What people call it.
    pub title: String,
    /// What it answers.
    pub description: String,
    /// The metric whose `job` and `instance` labels fill the variables.
    pub targets_of: String,
    /// From top to bottom.
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
}

/// Panels under one heading.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The heading.
    pub title: String,
    /// From left to right.
    #[serde(rename = "panel")]
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Unique in its dashboard; its id is made from it.
    pub title: String,
    /// What a reader sees and when it matters.
    pub description: String,
    /// How it is drawn.
    pub kind: Kind,
    /// One of Grafana's unit ids.
    #[serde(default)]
    pub unit: String,
    /// Of 24 columns.
    #[serde(default = "default_width")]
    pub width: u32,
    /// Lines; by its kind where it is absent.
    pub height: Option<u32>,
    /// The lower end of the scale.
    pub min: Option<f64>,
    /// The upper end of the scale.
    pub max: Option<f64>,
    /// Series lie on top of each other.
    #[serde(default)]
    pub stacked: bool,
    /// Words for values.
    pub words: Option<Words>,
    /// What is asked.
    #[serde(default)]
    pub queries: Vec<Query>,
    /// Alerts that send people here.
    #[serde(default)]
    pub alerts: Vec<AlertUse>,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lines over time.
    Timeseries,
    /// One number per series.
    Stat,
    /// One number per series on its scale.
    Gauge,
    /// Rows of labels and numbers.
    Table,
    /// Buckets over time.
    Heatmap,
    /// One bar per series.
    Bargauge,
    /// States over time.
    StateTimeline,
    /// The alerts that fire; asks nothing.
    Alertlist,
}

/// Words for values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// 0 down, 1 up.
    Up,
    /// 0 unknown, 1 unhealthy, 2 degraded, 3 healthy.
    Health,
}

/// One query of a panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// PromQL; `{@}` stands for the job and the instance that are chosen, `[@]` for `[$__rate_interval]`.
    pub expr: String,
    /// The name of a series, such as `{{path}}`.
    pub legend: String,
    /// Whether the data comes from backfilled blocks in a live run: no exporter here makes it.
    #[serde(default)]
    pub backfilled: bool,
    /// Why it may have no data where all is well.
    pub may_be_empty: Option<String>,
}

/// An alert that sends people to a panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertUse {
    /// Its name in `alerts.yml`.
    pub name: String,
    /// Which comparison of its expression the line stands for, from the left.
    #[serde(default)]
    pub nth: usize,
    /// The line stands for the bucket bound `le` of the expression, not for a comparison.
    #[serde(default)]
    pub le: bool,
    /// The line stands for the factor of a comparison with `factor * number`.
    #[serde(default)]
    pub factor: bool,
    /// Why there is no line: what the panel shows is not what the alert compares.
    pub unlike: Option<String>,
    /// Metrics of the alert that the panel leaves out, such as guards.
    #[serde(default)]
    pub beside: Vec<String>,
}

const fn default_width() -> u32 {
    8
}

impl Source {
    /// Reads a source.
    ///
    /// # Errors
    /// [`DashboardError`].
    pub fn read(path: &Path) -> Result<Self, DashboardError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DashboardError::Io { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|why| DashboardError::Source { path: path.to_owned(), message: why.to_string() })
    }

    /// Its panels, from top to bottom.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }

    /// What `alerts.yml` calls it: its uid without the product.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.uid.strip_prefix("campotech-").unwrap_or(&self.uid)
    }
}

impl Kind {
    /// Grafana's name of the panel type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeseries => "timeseries",
            Self::Stat => "stat",
            Self::Gauge => "gauge",
            Self::Table => "table",
            Self::Heatmap => "heatmap",
            Self::Bargauge => "bargauge",
            Self::StateTimeline => "state-timeline",
            Self::Alertlist => "alertlist",
        }
    }

    /// Whether it shows the newest value only.
    #[must_use]
    pub const fn is_instant(self) -> bool {
        matches!(self, Self::Stat | Self::Gauge | Self::Table | Self::Bargauge)
    }

    /// Lines that suit it.
    #[must_use]
    pub const fn height(self) -> u32 {
        if matches!(self, Self::Stat | Self::Gauge) { 5 } else { 8 }
    }
}

impl Query {
    /// The expression as Grafana has it.
    #[must_use]
    pub fn promql(&self) -> String {
        let chosen = r#"{job=~"$job",instance=~"$instance""#;
        let line = self.expr.split_whitespace().collect::<Vec<_>>().join(" ");
        line.replace("{@", chosen).replace("[@]", "[$__rate_interval]")
    }
}
