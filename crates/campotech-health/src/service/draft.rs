//! The shape of `application/health+json` (draft-inadarei-api-health-check).

use campotech_core::ComponentStatus;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::state::{ComponentSnapshot, Phase, Snapshot, millis, rfc3339};

/// A body without details. What fails is what was answered with 503, as the draft has it.
pub(super) fn brief(status: ComponentStatus, phase: Phase, code: StatusCode) -> Value {
    json!({ "status": word(status, code), "notes": [format!("phase: {}", phase.as_str())] })
}

pub(super) fn full(snapshot: &Snapshot, code: StatusCode) -> Value {
    let checks: Map<_, _> = snapshot.components.iter().map(check).collect();
    let mut body = brief(snapshot.status, snapshot.phase, code);
    body["serviceId"] = json!(&*snapshot.service);
    body["releaseId"] = json!(&*snapshot.version);
    body["checks"] = Value::Object(checks);
    body
}

pub(super) fn component(component: &ComponentSnapshot, code: StatusCode) -> Value {
    json!({ "status": word(component.status, code), "checks": Map::from_iter([check(component)]) })
}

pub(super) fn group(status: ComponentStatus, members: &[ComponentSnapshot], code: StatusCode) -> Value {
    json!({ "status": word(status, code), "checks": members.iter().map(check).collect::<Map<_, _>>() })
}

fn check(component: &ComponentSnapshot) -> (String, Value) {
    let status = match component.status {
        ComponentStatus::Healthy => "pass",
        ComponentStatus::Degraded => "warn",
        ComponentStatus::Unhealthy | ComponentStatus::Unknown => "fail",
    };
    let mut entry =
        json!({ "componentId": &*component.name, "componentType": "component", "status": status });
    if let (Some(latency), Some(time)) = (component.latency, component.checked_at) {
        entry["observedValue"] = json!(millis(latency));
        entry["observedUnit"] = json!("ms");
        entry["time"] = json!(rfc3339(time));
    }
    if status != "pass" {
        entry["output"] = json!(component.reason);
    }
    (format!("{}:responseTime", component.name), json!([entry]))
}

fn word(status: ComponentStatus, code: StatusCode) -> &'static str {
    match status {
        _ if !code.is_success() => "fail",
        ComponentStatus::Degraded => "warn",
        _ => "pass",
    }
}
