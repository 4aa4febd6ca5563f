//! The workspace keeps to the rules, and each rule notices a planted breach.

use super::rules::check;
use super::{Edge, Member, Section};
use crate::workspace::Workspace;

fn member(name: &str, edges: Vec<Edge>) -> Member {
    let published = name.starts_with("campotech") && !name.ends_with("testkit") && !name.ends_with("server");
    Member {
        name: name.to_owned(),
        edges,
        publish: Some(if published { vec!["campotech".to_owned()] } else { Vec::new() }),
        workspace_lints: true,
        own_versions: Vec::new(),
    }
}

fn to(name: &str, section: Section) -> Edge {
    Edge { to: name.to_owned(), section, optional: false, path_only: name == "campotech-testkit" }
}

#[track_caller]
fn caught(member: &Member, words: &str) {
    let found = check(member);
    assert!(found.iter().any(|line| line.contains(words)), "`{words}` is not in {found:?}");
}

#[test]
fn the_workspace_keeps_to_its_rules() {
    let workspace = Workspace::load().unwrap();
    let packages = workspace.metadata.workspace_packages();
    let found: Vec<_> = packages.into_iter().flat_map(|package| check(&Member::read(package))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_crate_of_the_house_is_looked_at() {
    let workspace = Workspace::load().unwrap();
    let mut names: Vec<_> =
        workspace.metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    names.sort();
    let house = [
        "build-anchor",
        "campotech",
        "campotech-core",
        "campotech-deploy",
        "campotech-health",
        "campotech-load",
        "campotech-metrics",
        "campotech-monitor",
        "campotech-security",
        "campotech-sentry",
        "campotech-serve",
        "campotech-server",
        "campotech-testkit",
        "campotech-validate",
        "xtask",
    ];
    assert_eq!(names, house);
}

#[test]
fn right_arrows_are_let_through() {
    use Section::{Dev, Normal};
    let leaf = vec![to("campotech-core", Normal), to("campotech-testkit", Dev), to("axum", Dev)];
    assert_eq!(check(&member("campotech-health", leaf)), [""; 0]);
    let facade = vec![to("campotech-core", Normal), to("campotech-serve", Normal), to("axum", Normal)];
    assert_eq!(check(&member("campotech", facade)), [""; 0]);
    assert_eq!(check(&member("campotech-server", vec![to("campotech", Normal)])), [""; 0]);
}

#[test]
fn planted_arrows_are_caught() {
    use Section::{Build, Dev, Normal};
    for (from, target, section) in [
        ("campotech-core", "campotech-health", Normal),
        ("campotech-health", "campotech-metrics", Normal),
        ("campotech-health", "campotech-metrics", Dev),
        ("campotech-health", "campotech-metrics", Build),
        ("campotech-security", "campotech", Normal),
        ("campotech", "campotech-server", Dev),
        ("campotech", "campotech-testkit", Normal),
        ("campotech-testkit", "campotech-serve", Normal),
        ("campotech-testkit", "campotech-serve", Dev),
        ("campotech-server", "xtask", Dev),
        ("xtask", "campotech-core", Normal),
    ] {
        let words = format!("{from} -> {target} ({section:?}) is an arrow against the direction");
        caught(&member(from, vec![to(target, section)]), &words);
    }
}

#[test]
fn a_crate_without_a_place_is_caught() {
    caught(&member("campotech-new", Vec::new()), "campotech-new has no place");
    caught(&member("campotech", vec![to("campotech-new", Section::Normal)]), "without a place");
}

#[test]
fn dependencies_in_the_wrong_hands_are_caught() {
    use Section::Normal;
    caught(&member("campotech", vec![to("prometheus-client", Normal)]), "only campotech-metrics");
    assert_eq!(check(&member("campotech-metrics", vec![to("prometheus-client", Normal)])), [""; 0]);
    caught(&member("campotech-sentry", vec![to("axum", Normal)]), "must be an optional feature");
    let travels = Edge { path_only: false, ..to("campotech-testkit", Section::Dev) };
    caught(&member("campotech-serve", vec![travels]), "by path alone");
}

#[test]
fn manifests_that_go_their_own_way_are_caught() {
    let lints = Member { workspace_lints: false, ..member("campotech-core", Vec::new()) };
    caught(&lints, "doesn't take the workspace's lints");
    let version = Member { own_versions: vec!["http".to_owned()], ..member("campotech-core", Vec::new()) };
    caught(&version, "gives http a version of its own");
    let anywhere = Member { publish: None, ..member("campotech-core", Vec::new()) };
    caught(&anywhere, "may be published to None");
    let public = Member { publish: Some(vec!["campotech".to_owned()]), ..member("xtask", Vec::new()) };
    caught(&public, "may be published to");
}
