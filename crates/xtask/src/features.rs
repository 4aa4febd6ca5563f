//! Every feature of every library alone, and none at all.

use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;
use cargo_metadata::{Package, TargetKind};

/// Lints each library without default features and with each feature by itself. Only the library is built:
/// development dependencies would switch features on and hide what is missing.
pub(crate) fn each_alone(workspace: &Workspace) -> StepResult {
    let mut tally = Tally::default();
    for package in workspace.metadata.workspace_packages().into_iter().filter(|p| is_library(p)) {
        for features in combinations(package) {
            let mut lint = vec!["clippy", "--lib", "--no-default-features", "--package", &package.name];
            if let Some(feature) = features {
                lint.extend(["--features", feature]);
            }
            let done = cargo(lint).args(["--", "-D", "warnings"]).run(workspace)?;
            tally.merge(&if done.success { Tally::one() } else { Tally::one_failed() });
        }
    }
    Ok(tally)
}

/// No feature, then each one (implied `dep` features included).
fn combinations(package: &Package) -> Vec<Option<&str>> {
    let each = package.features.keys().filter(|name| *name != "default");
    std::iter::once(None).chain(each.map(|name| Some(name.as_str()))).collect()
}

fn is_library(package: &Package) -> bool {
    package.targets.iter().any(|target| target.kind.contains(&TargetKind::Lib))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(!is_library(packages.iter().find(|p| p.name == "xtask").unwrap()));
    }
}
