//! A crate of the workspace, reduced to what the rules look at.

use cargo_metadata::{Dependency, DependencyKind, Package};

/// A manifest as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) edges: Vec<Edge>,
    /// Registries it may be published to: `None` is any, empty is none.
    pub(super) publish: Option<Vec<String>>,
    pub(super) workspace_lints: bool,
    /// Dependencies that name a version of their own.
    pub(super) own_versions: Vec<String>,
}

/// One line of a dependency table.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) to: String,
    pub(super) section: Section,
    pub(super) optional: bool,
    /// Named by path alone: dropped when the crate is published.
    pub(super) path_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Normal,
    Dev,
    Build,
}

impl Member {
    pub(super) fn read(package: &Package) -> Self {
        let text = std::fs::read_to_string(&package.manifest_path).expect("a readable manifest");
        let manifest: toml::Table = text.parse().expect("a manifest that cargo has read already");
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        Self {
            name: package.name.to_string(),
            edges: package.dependencies.iter().map(Edge::read).collect(),
            publish: package.publish.clone(),
            workspace_lints: lints.and_then(toml::Value::as_bool) == Some(true),
            own_versions: own_versions(&manifest),
        }
    }
}

impl Edge {
    fn read(dependency: &Dependency) -> Self {
        let section = match dependency.kind {
            DependencyKind::Development => Section::Dev,
            DependencyKind::Build => Section::Build,
            _ => Section::Normal,
        };
        let path_only = dependency.path.is_some() && dependency.req.comparators.is_empty();
        Self { to: dependency.name.clone(), section, optional: dependency.optional, path_only }
    }
}

/// The names in every dependency table, those under `target` too, that don't inherit.
fn own_versions(manifest: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if key == "target" {
            found.extend(table.values().filter_map(toml::Value::as_table).flat_map(own_versions));
        } else if key.ends_with("dependencies") {
            let own = |value: &toml::Value| value.get("workspace").is_none();
            found.extend(table.iter().filter(|(_, value)| own(value)).map(|(name, _)| name.clone()));
        }
    }
    found
}
