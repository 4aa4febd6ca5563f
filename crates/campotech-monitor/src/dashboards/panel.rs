//! One panel's JSON.

use serde_json::{Map, Value, json};

use super::layout::Place;
use super::source::{Kind, Panel, Query, Words};
use super::{DashboardError, panel_id, threshold};
use crate::rules::RuleFile;

/// The data source that the reader chose.
pub(crate) fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// `panel` at its place.
pub(crate) fn json(panel: &Panel, place: Place, rules: &RuleFile) -> Result<Value, DashboardError> {
    let steps = threshold::steps(panel, rules)?;
    let mut out = json!({
        "id": panel_id(&panel.title),
        "title": panel.title,
        "description": panel.description,
        "type": panel.kind.as_str(),
        "datasource": datasource(),
        "gridPos": grid(place),
        "links": runbooks(panel, rules),
        "options": options(panel),
        "fieldConfig": {"defaults": defaults(panel, steps), "overrides": []},
    });
    if panel.kind != Kind::Alertlist {
        let targets = panel.queries.iter().enumerate().map(|(i, query)| target(panel.kind, i, query));
        out["targets"] = Value::Array(targets.collect());
    }
    if panel.kind == Kind::Table {
        out["transformations"] = columns(panel);
    }
    Ok(out)
}

/// A heading's JSON.
pub(crate) fn heading(title: &str, place: Place) -> Value {
    json!({
        "id": panel_id(&format!("row {title}")),
        "title": title,
        "type": "row",
        "collapsed": false,
        "panels": [],
        "gridPos": grid(place),
    })
}

/// A link to another dashboard, which keeps the time, or to a page elsewhere.
pub(crate) fn link(title: &str, url: &str, ours: bool) -> Value {
    json!({
        "title": title,
        "url": url,
        "type": "link",
        "icon": if ours { "dashboard" } else { "doc" },
        "tooltip": "",
        "tags": [],
        "asDropdown": false,
        "targetBlank": !ours,
        "includeVars": false,
        "keepTime": ours,
    })
}

/// `A`, `B` and so on.
pub(crate) fn ref_id(index: usize) -> String {
    u8::try_from(index).map_or_else(|_| index.to_string(), |index| char::from(b'A' + index % 26).to_string())
}

fn grid(place: Place) -> Value {
    json!({"x": place.x, "y": place.y, "w": place.w, "h": place.h})
}

fn runbooks(panel: &Panel, rules: &RuleFile) -> Value {
    // An alert with several lines is named several times, one after the other.
    let mut names: Vec<_> = panel.alerts.iter().map(|wanted| &wanted.name).collect();
    names.dedup();
    let named = names.into_iter().filter_map(|name| {
        let alert = rules.alerts().find(|alert| alert.alert == *name)?;
        let url = alert.annotations.get("runbook_url")?;
        Some(link(&format!("Runbook: {}", alert.alert), url, false))
    });
    Value::Array(named.collect())
}

fn target(kind: Kind, index: usize, query: &Query) -> Value {
    let format = match kind {
        Kind::Table => "table",
        Kind::Heatmap => "heatmap",
        _ => "time_series",
    };
    json!({
        "refId": ref_id(index),
        "datasource": datasource(),
        "expr": query.promql(),
        "legendFormat": query.legend,
        "instant": kind.is_instant(),
        "range": !kind.is_instant(),
        "format": format,
        "editorMode": "code",
    })
}

/// A table's columns: labels, then one number per query under the query's legend.
fn columns(panel: &Panel) -> Value {
    let mut names = Map::new();
    for (i, query) in panel.queries.iter().enumerate() {
        let column = if panel.queries.len() == 1 { "Value".into() } else { format!("Value #{}", ref_id(i)) };
        names.insert(column, query.legend.clone().into());
    }
    let organize = json!({
        "id": "organize",
        "options": {"excludeByName": {"Time": true}, "indexByName": {}, "renameByName": names},
    });
    if panel.queries.len() == 1 {
        json!([organize])
    } else {
        json!([{"id": "merge", "options": {}}, organize])
    }
}

fn defaults(panel: &Panel, steps: Option<Value>) -> Value {
    let lines = steps.is_some();
    let by_value = !matches!(panel.kind, Kind::Timeseries | Kind::Table | Kind::Heatmap);
    let mut out = json!({
        "unit": panel.unit,
        "color": {"mode": if by_value { "thresholds" } else { "palette-classic" }},
        "mappings": mappings(panel.words),
        "thresholds": {
            "mode": "absolute",
            "steps": steps.unwrap_or_else(|| json!([{"color": "green", "value": null}])),
        },
        "custom": custom(panel, lines),
    });
    if let Some(min) = panel.min {
        out["min"] = min.into();
    }
    if let Some(max) = panel.max {
        out["max"] = max.into();
    }
    out
}

fn custom(panel: &Panel, lines: bool) -> Value {
    match panel.kind {
        Kind::Timeseries => json!({
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": if panel.stacked { 40 } else { 10 },
            "showPoints": "never",
            "spanNulls": false,
            "stacking": {"mode": if panel.stacked { "normal" } else { "none" }, "group": "A"},
            "thresholdsStyle": {"mode": if lines { "line" } else { "off" }},
        }),
        Kind::StateTimeline => json!({"fillOpacity": 80, "lineWidth": 0}),
        Kind::Heatmap => json!({"scaleDistribution": {"type": "linear"}}),
        Kind::Stat | Kind::Gauge | Kind::Table | Kind::Bargauge | Kind::Alertlist => json!({}),
    }
}

fn mappings(words: Option<Words>) -> Value {
    let word = |text: &str, color: &str, index: u8| json!({"text": text, "color": color, "index": index});
    let options = match words {
        None => return json!([]),
        Some(Words::Up) => json!({"0": word("down", "red", 0), "1": word("up", "green", 1)}),
        Some(Words::Health) => json!({
            "0": word("unknown", "purple", 0),
            "1": word("unhealthy", "red", 1),
            "2": word("degraded", "yellow", 2),
            "3": word("healthy", "green", 3),
        }),
    };
    json!([{"type": "value", "options": options}])
}

fn options(panel: &Panel) -> Value {
    let newest = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
    let legend = json!({"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []});
    let tooltip = json!({"mode": "multi", "sort": "desc"});
    match panel.kind {
        Kind::Timeseries => json!({"legend": legend, "tooltip": tooltip}),
        Kind::Stat => json!({
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "auto",
            "wideLayout": true,
            "showPercentChange": false,
            "percentChangeColorMode": "standard",
            "reduceOptions": newest,
        }),
        Kind::Gauge => json!({
            "orientation": "auto",
            "showThresholdLabels": false,
            "showThresholdMarkers": true,
            "reduceOptions": newest,
        }),
        Kind::Bargauge => json!({
            "displayMode": "gradient",
            "orientation": "horizontal",
            "valueMode": "color",
            "showUnfilled": true,
            "reduceOptions": newest,
        }),
        Kind::Table => json!({"showHeader": true, "cellHeight": "sm"}),
        Kind::Heatmap => json!({
            "calculate": false,
            "cellGap": 1,
            "color": {"mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64, "fill": "dark-orange", "reverse": false},
            "filterValues": {"le": 1e-9},
            "legend": {"show": true},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": false, "yHistogram": false},
            "yAxis": {"axisPlacement": "left", "reverse": false, "unit": panel.unit},
        }),
        Kind::StateTimeline => json!({
            "alignValue": "left",
            "mergeValues": true,
            "rowHeight": 0.9,
            "showValue": "auto",
            "legend": legend,
            "tooltip": {"mode": "single", "sort": "none"},
        }),
        Kind::Alertlist => json!({
            "alertName": "",
            "dashboardAlerts": false,
            "groupBy": [],
            "groupMode": "default",
            "maxItems": 50,
            "sortOrder": 3,
            "stateFilter": {"error": true, "firing": true, "noData": true, "normal": false, "pending": true},
            "viewMode": "list",
        }),
    }
}
