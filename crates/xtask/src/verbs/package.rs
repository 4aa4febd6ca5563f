//! `package`: what is published, as the files that users get; and the publishing.

use super::{Verb, ended, usage};
use crate::cmd::{Cmd, cargo};
use crate::workspace::Workspace;
use cargo_metadata::DependencyKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "package",
    usage: "package [--tag TAG] [--publish]",
    summary: "the libraries as they are published, each built from its own file; --tag has to be their version",
    run: package,
};

/// Where the registry is; its token is in `CARGO_REGISTRIES_CAMPOTECH_TOKEN`.
const INDEX: &str = "CARGO_REGISTRIES_CAMPOTECH_INDEX";

fn package(args: &[String]) -> ExitCode {
    let words: Vec<_> = args.iter().map(String::as_str).collect();
    let (tag, publish) = match words[..] {
        [] => (None, false),
        ["--tag", tag] => (Some(tag), false),
        ["--publish"] => (None, true),
        ["--tag", tag, "--publish"] => (Some(tag), true),
        _ => return usage(&VERB),
    };
    ended(Workspace::load().and_then(|workspace| {
        tag.map_or(Ok(()), |tag| is_of(&workspace, tag))?;
        if publish { send(&workspace) } else { make(&workspace) }
    }))
}

/// A tag is a promise: of the version of every library, and of what the changelog says about it.
fn is_of(workspace: &Workspace, tag: &str) -> Result<(), String> {
    let version =
        tag.strip_prefix('v').ok_or_else(|| format!("{tag}: a release is tagged vMAJOR.MINOR.PATCH"))?;
    for library in workspace.published() {
        if library.version.to_string() != version {
            return Err(format!("{tag}: {} has version {}", library.name, library.version));
        }
    }
    let path = workspace.root.join("CHANGELOG.md");
    let changes = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let heading = format!("## [{version}]");
    if changes.lines().any(|line| line.starts_with(&heading)) {
        Ok(())
    } else {
        Err(format!("{tag}: CHANGELOG.md has no `{heading}`"))
    }
}

/// Each is built from its file, and from the files of those it needs: nothing of the workspace is seen.
fn make(workspace: &Workspace) -> Result<(), String> {
    let index = nothing_published(workspace)?;
    let words = ["package", "--locked", "--all-features"].map(str::to_owned);
    let words = words.into_iter().chain(workspace.packages());
    cargo(words).env(INDEX, format!("file://{}", index.display())).run(workspace)?.success()
}

/// What was looked at by [`make`] before, each after those that it needs. What is published already stays, so that a run that was cut
/// off can be run again; the files are in `target/package` then.
fn send(workspace: &Workspace) -> Result<(), String> {
    if std::env::var_os(INDEX).is_none() {
        return Err(format!("{INDEX} is not set: where to publish to"));
    }
    for name in in_order(workspace) {
        let done = cargo(["publish", "--locked", "--no-verify", "--package", &name]).run(workspace)?;
        if !done.lines.iter().any(|line| line.contains(PUBLISHED)) {
            done.success()?;
        }
    }
    Ok(())
}

/// How cargo says that a version is there.
const PUBLISHED: &str = "already exists on";

/// The libraries, each after those of them that it needs.
fn in_order(workspace: &Workspace) -> Vec<String> {
    let mut left: Vec<_> = workspace.published().collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |library: &&cargo_metadata::Package| {
            let needed = library.dependencies.iter().filter(|one| one.kind != DependencyKind::Development);
            needed.into_iter().any(|one| left.iter().any(|other| *other.name == one.name))
        };
        let (later, ready): (Vec<_>, Vec<_>) = left.iter().copied().partition(waits);
        assert!(!ready.is_empty(), "cargo allows no circle");
        order.extend(ready.iter().map(|library| library.name.to_string()));
        left = later;
    }
    order
}

/// The index of a registry that has nothing yet: cargo wants to read one.
fn nothing_published(workspace: &Workspace) -> Result<PathBuf, String> {
    let index = workspace.target.join("package-index");
    if index.join(".git").exists() {
        return Ok(index);
    }
    let failed = |why: std::io::Error| format!("{}: {why}", index.display());
    std::fs::create_dir_all(&index).map_err(failed)?;
    std::fs::write(index.join("config.json"), "{\"dl\":\"http://127.0.0.1:9\"}\n").map_err(failed)?;
    git(workspace, &index, &["init", "--quiet"])?;
    git(workspace, &index, &["add", "config.json"])?;
    let nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"];
    git(workspace, &index, &[&nobody[..], &["commit", "--quiet", "--message", "nothing"]].concat())?;
    Ok(index)
}

fn git(workspace: &Workspace, index: &Path, words: &[&str]) -> Result<(), String> {
    Cmd::new("git").args(words.iter().copied()).dir(index).run(workspace)?.success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_version_of_all_and_has_its_changes() {
        let workspace = Workspace::load().unwrap();
        let version = workspace.published().next().unwrap().version.to_string();
        let of = |tag: &str| is_of(&workspace, tag).unwrap_err();
        assert!(of(&version).contains("tagged v"));
        assert!(of("v99.0.0").contains("has version"));
    }

    #[test]
    fn each_is_published_after_those_that_it_needs() {
        let order = in_order(&Workspace::load().unwrap());
        assert_eq!(
            (order.first().map(String::as_str), order.last().map(String::as_str)),
            (Some("campotech-core"), Some("campotech"))
        );
        assert_eq!(order.len(), Workspace::load().unwrap().published().count());
    }

    #[test]
    fn the_file_says_where_the_libraries_it_needs_are_published() {
        let workspace = Workspace::load().unwrap();
        let names: Vec<_> = workspace.published().map(|library| library.name.to_string()).collect();
        for library in workspace.published() {
            let needs = library.dependencies.iter().filter(|needed| names.contains(&needed.name));
            for needed in needs.filter(|needed| needed.kind != DependencyKind::Development) {
                assert!(needed.registry.is_some(), "{} needs {} of no registry", library.name, needed.name);
            }
        }
    }
}
