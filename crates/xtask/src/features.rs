//! Every feature of every library that is published alone, and none at all.

use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;
use cargo_metadata::{Package, TargetKind};

/// The package that keeps macros the same in all combinations; its manifest says how.
const ANCHOR: &str = "build-anchor";

/// Lints each published library without default features and with each feature by itself: nobody can ask for the others in such
/// combinations. Only the library is built:
/// development dependencies would switch features on and hide what is missing.
pub(crate) fn each_alone(workspace: &Workspace) -> StepResult {
    let mut tally = Tally::default();
    for package in workspace.metadata.workspace_packages().into_iter().filter(|p| is_library(p)) {
        for feature in combinations(package) {
            let lint = cargo(["clippy"]).args(only(&package.name, feature));
            let done = lint.args(["--", "-D", "warnings"]).run(workspace)?;
            tally.merge(&if done.success { Tally::one() } else { Tally::one_failed() });
        }
    }
    Ok(tally)
}

/// One library with at most one feature. The anchor is named beside it, and has none.
fn only(package: &str, feature: Option<&str>) -> Vec<String> {
    let mut args = ["--lib", "--no-default-features", "--package", package, "--package", ANCHOR]
        .map(str::to_owned)
        .to_vec();
    if let Some(feature) = feature {
        args.extend(["--features".to_owned(), format!("{package}/{feature}")]);
    }
    args
}

/// No feature, then each one (implied `dep` features included).
fn combinations(package: &Package) -> Vec<Option<&str>> {
    let each = package.features.keys().filter(|name| *name != "default");
    std::iter::once(None).chain(each.map(|name| Some(name.as_str()))).collect()
}

fn is_library(package: &Package) -> bool {
    // An empty list is `publish = false`.
    let published = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
    published && package.targets.iter().any(|target| target.kind.contains(&TargetKind::Lib))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cargo_metadata::DependencyKind;

    #[test]
    fn none_comes_first_and_default_is_not_a_feature_of_its_own() {
        let workspace = Workspace::load().unwrap();
        let packages = workspace.metadata.workspace_packages();
        let core = packages.iter().find(|p| p.name == "campotech-core").unwrap();
        let found = combinations(core);
        assert_eq!(found[0], None);
        assert!(found.contains(&Some("axum")), "{found:?}");
        assert!(!found.contains(&Some("default")));
        assert!(is_library(core));
        for unpublished in ["xtask", "campotech-testkit", "campotech-server"] {
            assert!(!is_library(packages.iter().find(|p| p.name == unpublished).unwrap()), "{unpublished}");
        }
    }

    #[test]
    fn a_library_is_built_beside_the_anchor_and_nothing_else() {
        let workspace = Workspace::load().unwrap();
        let packages = workspace.metadata.workspace_packages();
        let anchor = packages.iter().find(|p| p.name == ANCHOR).unwrap();
        assert!(!is_library(anchor));
        // Anything else would switch features of the library's own dependencies on.
        assert!(anchor.dependencies.iter().all(|dependency| dependency.kind == DependencyKind::Build));
        let args = only("campotech", Some("redis")).join(" ");
        assert!(args.starts_with("--lib --no-default-features --package campotech --package build-anchor "));
        assert!(args.ends_with("--features campotech/redis"), "{args}");
        assert!(!only("campotech", None).contains(&"--features".to_owned()));
    }
}
