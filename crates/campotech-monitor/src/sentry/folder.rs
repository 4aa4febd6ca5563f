//! What is in the folder, with the names of the project filled in.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Which project, and who looks after it; slugs as in Sentry's addresses.
#[derive(Debug, Clone)]
pub struct Target {
    /// The organisation.
    pub organization: String,
    /// The project.
    pub project: String,
    /// The team that is told.
    pub team: String,
}

/// The folder, read.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Bodies of the project's issue alert rules.
    pub issue_rules: Vec<Value>,
    /// Bodies of the organisation's metric alert rules.
    pub metric_rules: Vec<Value>,
    /// Body of the project: what is scrubbed, and the options of the inbound filters.
    pub project: Value,
    /// Which inbound filters are on.
    pub filters: Vec<(String, Value)>,
    /// The ownership rules.
    pub ownership: String,
}

/// A folder that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file can't be read.
    #[error("can't read {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is wrong: {message}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl Folder {
    /// Reads the folder for `target`, whose team has the id `team_id`.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn read(folder: &Path, target: &Target, team_id: &str) -> Result<Self, FolderError> {
        let text = |name: &str| -> Result<String, FolderError> {
            let path = folder.join(name);
            let text = std::fs::read_to_string(&path).map_err(|source| FolderError::Io { path, source })?;
            let filled = text.replace("${PROJECT}", &target.project).replace("${TEAM_ID}", team_id);
            Ok(filled.replace("${TEAM}", &target.team))
        };
        let wrong = |name: &str, message: String| FolderError::Content { path: folder.join(name), message };
        let read = |name: &str| -> Result<Value, FolderError> {
            serde_json::from_str(&text(name)?).map_err(|why| wrong(name, why.to_string()))
        };
        let rules = read("alert-rules.json")?;
        let list = |kind: &str| {
            let list = rules[kind].as_array().cloned();
            list.ok_or_else(|| wrong("alert-rules.json", format!("{kind} is no list")))
        };
        let filters = read("inbound-filters.json")?;
        let mut project = read("data-scrubbing.json")?;
        // Sentry takes these rules as a text within the JSON.
        project["relayPiiConfig"] = Value::String(project["relayPiiConfig"].to_string());
        project["options"] = filters["options"].clone();
        let switches = filters["filters"]
            .as_object()
            .ok_or_else(|| wrong("inbound-filters.json", "filters is no object".to_owned()))?;
        Ok(Self {
            issue_rules: list("issue")?,
            metric_rules: list("metric")?,
            project,
            filters: switches
                .iter()
                .map(|(name, on)| (name.clone(), json!({ "active": on.clone() })))
                .collect(),
            ownership: text("ownership.txt")?,
        })
    }
}
