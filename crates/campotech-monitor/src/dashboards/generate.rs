//! Sources and alerts -> the files that Grafana reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::layout::Cursor;
use super::panel::{self, datasource};
use super::{DashboardError, Source};
use crate::grafana_alerts;
use crate::rules::RuleFile;

/// Where the runbooks are, for people.
const RUNBOOKS: &str = "https://github.com/campotech/platform/tree/main/docs/runbooks";
/// Why the annotation of firing alerts may have no data.
pub(crate) const NOTHING_FIRES: &str = "no alert may be firing";

/// The files under `monitoring/grafana` that are made from others, with their text.
///
/// # Errors
/// [`DashboardError`].
pub fn generate(monitoring: &Path) -> Result<BTreeMap<PathBuf, String>, DashboardError> {
    let rules = RuleFile::read(&alerts(monitoring))?;
    let sources = sources(monitoring)?;
    let mut files = BTreeMap::new();
    for source in &sources {
        let sisters = sources.iter().filter(|other| other.uid != source.uid);
        let dashboard = dashboard(source, sisters, &rules)?;
        let text = format!("{dashboard:#}\n");
        files.insert(json_path(monitoring, source), text);
    }
    let text = grafana_alerts::generate(&rules, &sources)?;
    files.insert(monitoring.join("grafana/provisioning/alerting/rules.yml"), text);
    Ok(files)
}

/// The id of the panel with that title: the same wherever it is moved.
#[must_use]
pub fn panel_id(title: &str) -> u32 {
    // FNV-1a, without the sign bit that Grafana's ids have.
    let hash =
        title.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x7fff_ffff
}

/// `prometheus/alerts.yml`.
pub(crate) fn alerts(monitoring: &Path) -> PathBuf {
    monitoring.join("prometheus/alerts.yml")
}

/// `prometheus/recording.yml`.
pub(crate) fn recordings(monitoring: &Path) -> PathBuf {
    monitoring.join("prometheus/recording.yml")
}

/// Where a dashboard's JSON lies.
pub(crate) fn json_path(monitoring: &Path, source: &Source) -> PathBuf {
    monitoring.join("grafana/dashboards").join(source.short_name()).with_extension("json")
}

/// All sources, by name.
pub(crate) fn sources(monitoring: &Path) -> Result<Vec<Source>, DashboardError> {
    files(&monitoring.join("grafana/sources"), "toml")?.iter().map(|path| Source::read(path)).collect()
}

/// The files of a folder that end so, by name.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, DashboardError> {
    let broken = |source| DashboardError::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let path = entry.map_err(broken)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

pub(crate) fn dashboard<'a>(
    source: &Source,
    sisters: impl Iterator<Item = &'a Source>,
    rules: &RuleFile,
) -> Result<Value, DashboardError> {
    let mut cursor = Cursor::default();
    let mut panels = Vec::new();
    for row in &source.rows {
        panels.push(panel::heading(&row.title, cursor.heading()));
        for panel in &row.panels {
            let place = cursor.place(panel.width, panel.height.unwrap_or_else(|| panel.kind.height()));
            panels.push(panel::json(panel, place, rules)?);
        }
    }
    let mut dashboard = json!({
        "uid": source.uid,
        "title": source.title,
        "description": source.description,
        "tags": ["campotech"],
        "schemaVersion": 41,
        "editable": false,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": links(sisters),
        "annotations": {"list": annotations()},
        "templating": {"list": variables(&source.targets_of)},
        "panels": panels,
    });
    // The order of keys must not hang on a feature that some other crate switches on.
    dashboard.sort_all_objects();
    Ok(dashboard)
}

fn links<'a>(sisters: impl Iterator<Item = &'a Source>) -> Value {
    let sisters = sisters.map(|sister| panel::link(&sister.title, &format!("/d/{}", sister.uid), true));
    Value::Array(sisters.chain([panel::link("Runbooks", RUNBOOKS, false)]).collect())
}

/// Starts of processes with what was started, and alerts that fire.
fn annotations() -> Value {
    let chosen = r#"job=~"$job",instance=~"$instance""#;
    let deploys = format!(
        "1000 * process_start_time_seconds{{{chosen}}} * on (job, instance) group_left (version, revision) build_info{{{chosen}}}"
    );
    json!([
        {
            "name": "Deploys",
            "datasource": datasource(),
            "enable": true,
            "hide": false,
            "iconColor": "blue",
            "target": {"refId": "Anno", "expr": deploys, "interval": ""},
            "titleFormat": "Started {{version}}",
            "textFormat": "{{instance}} {{revision}}",
            "tagKeys": "job",
            "useValueForTime": "on",
        },
        {
            "name": "Alerts",
            "datasource": datasource(),
            "enable": true,
            "hide": false,
            "iconColor": "red",
            "target": {
                "refId": "Anno",
                "expr": r#"ALERTS{alertstate="firing",alertname!="Watchdog"}"#,
                "interval": "",
            },
            "titleFormat": "{{alertname}}",
            "textFormat": "{{instance}}",
            "tagKeys": "severity",
        },
    ])
}

fn variables(targets_of: &str) -> Value {
    let query = |name: &str, label: &str, query: String| {
        json!({
            "name": name,
            "label": label,
            "type": "query",
            "datasource": datasource(),
            "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
            "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
            "includeAll": true,
            "allValue": ".+",
            "multi": true,
            "refresh": 2,
            "sort": 1,
            "regex": "",
            "hide": 0,
            "options": [],
        })
    };
    json!([
        {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "current": {"selected": false, "text": "Prometheus", "value": grafana_alerts::DATASOURCE},
            "includeAll": false,
            "multi": false,
            "refresh": 1,
            "regex": "",
            "hide": 0,
            "options": [],
        },
        query("job", "Job", format!("label_values({targets_of}, job)")),
        query("instance", "Instance", format!(r#"label_values({targets_of}{{job=~"$job"}}, instance)"#)),
    ])
}
