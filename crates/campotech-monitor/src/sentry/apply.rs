//! Brings a project to what the folder says; done twice, it changes nothing more.

use serde_json::{Value, json};

use super::api::{Api, ApiError};
use super::folder::{Folder, Target};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is about, for people.
    pub what: String,
    /// Whether it makes something, rather than replaces it.
    pub makes: bool,
    path: String,
    body: Value,
}

/// Finds out what is there, and makes or replaces what the folder has. With `dry_run` nothing is changed. Rules that
/// are not in the folder stay.
///
/// # Errors
/// At the first request that fails; what was done before stays done, and the next run goes on.
pub fn apply(api: &Api, folder: &Folder, target: &Target, dry_run: bool) -> Result<Vec<Step>, ApiError> {
    let steps = plan(api, folder, target)?;
    if !dry_run {
        for step in &steps {
            if step.makes {
                api.post(&step.path, &step.body)?
            } else {
                api.put(&step.path, &step.body)?
            };
        }
    }
    Ok(steps)
}

fn plan(api: &Api, folder: &Folder, target: &Target) -> Result<Vec<Step>, ApiError> {
    let Target { organization, project, .. } = target;
    let of_project = format!("/projects/{organization}/{project}/");
    let put =
        |what: &str, path: String, body: Value| Step { what: what.to_owned(), makes: false, path, body };
    let ownership = json!({ "raw": folder.ownership, "fallthrough": true, "autoAssignment": "Auto Assign to Issue Owner" });
    let mut steps = vec![
        put("data scrubbing and filter options", of_project.clone(), folder.project.clone()),
        put("ownership", format!("{of_project}ownership/"), ownership),
    ];
    for (name, body) in &folder.filters {
        let path = format!("{of_project}filters/{name}/");
        steps.push(put(&format!("inbound filter {name}"), path, body.clone()));
    }
    let issues = format!("{of_project}rules/");
    steps.extend(rules(&api.get(&issues)?, &issues, &folder.issue_rules));
    let metrics = format!("/organizations/{organization}/alert-rules/");
    let mut there = api.get(&metrics)?;
    // Another project's rule of the same name is not ours to replace.
    if let Some(there) = there.as_array_mut() {
        there.retain(|rule| rule["projects"].as_array().is_some_and(|of| of.contains(&json!(project))));
    }
    steps.extend(rules(&there, &metrics, &folder.metric_rules));
    Ok(steps)
}

/// Rules are told apart by their names.
fn rules(there: &Value, path: &str, wanted: &[Value]) -> Vec<Step> {
    let id = |rule: &Value| match &rule["id"] {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    wanted
        .iter()
        .map(|rule| {
            let known = there.as_array().into_iter().flatten().find(|known| known["name"] == rule["name"]);
            Step {
                what: format!("alert rule {}", rule["name"]),
                makes: known.is_none(),
                path: known.map_or_else(|| path.to_owned(), |known| format!("{path}{}/", id(known))),
                body: rule.clone(),
            }
        })
        .collect()
}
