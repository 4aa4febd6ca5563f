//! Links of the documentation: each leads to a file that is there.

use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// Folders that hold no documentation of ours.
const FOREIGN: &[&str] = &["target", "node_modules", ".git", ".campotech"];

/// A page, and a link of it that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
struct Dead {
    page: PathBuf,
    link: String,
}

/// Each link of the documentation is followed; those that lead nowhere are the failure.
pub(crate) fn followed(workspace: &Workspace) -> StepResult {
    let (followed, dead) = check(&workspace.root).map_err(|why| why.to_string())?;
    println!("{followed} links");
    let dead: Vec<_> = dead.iter().map(|one| format!("{}: {}", one.page.display(), one.link)).collect();
    if dead.is_empty() { Ok(Tally::one()) } else { Err(dead.join("\n").into()) }
}

/// Every page below `root`, how many links were followed, and those that lead nowhere.
fn check(root: &Path) -> std::io::Result<(usize, Vec<Dead>)> {
    let mut pages = Vec::new();
    find(root, &mut pages)?;
    let (mut followed, mut dead) = (0, Vec::new());
    for page in pages {
        let text = std::fs::read_to_string(&page)?;
        for link in links(&text) {
            followed += 1;
            let path = link.split('#').next().unwrap_or_default();
            let target = page.parent().unwrap_or(root).join(path);
            if !target.exists() {
                dead.push(Dead { page: page.clone(), link: link.to_owned() });
            }
        }
    }
    Ok((followed, dead))
}

fn find(folder: &Path, pages: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !path.is_symlink() {
            if !FOREIGN.iter().any(|foreign| name == *foreign) {
                find(&path, pages)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

/// Links to files: no addresses, no places of the same page, nothing in code.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (i, part) in line.split('`').enumerate() {
            // A link's text may be code; then its target is at the beginning of what comes after.
            let part = if i % 2 == 0 { part } else { continue };
            for (at, _) in part.match_indices("](") {
                let rest = &part[at + 2..];
                let Some(link) = rest.split([')', ' ']).next() else { continue };
                let elsewhere = link.contains("://") || link.starts_with("mailto:") || link.starts_with('#');
                // A path of Rust in a README that is a crate's documentation: rustdoc looks at these.
                let foreign = elsewhere || link.contains("::");
                if !link.is_empty() && !foreign {
                    found.push(link);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_text_are_found_and_those_of_code_are_not() {
        let text = "[a](b.md) and [`c`](d/e.rs#f), ![g](h.png \"title\"), [i](https://j/k), [l](#m), [r](s::T), `[n](o)`\n```\n[p](q)\n```\n";
        assert_eq!(links(text), ["b.md", "d/e.rs#f", "h.png"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named_with_its_page() {
        let at = tempfile::tempdir().unwrap();
        std::fs::create_dir(at.path().join("target")).unwrap();
        std::fs::write(at.path().join("target/ignored.md"), "[a](nowhere)").unwrap();
        std::fs::write(at.path().join("a.md"), "[a](b.md#c) [b](gone.md)").unwrap();
        std::fs::write(at.path().join("b.md"), "").unwrap();
        let dead = Dead { page: at.path().join("a.md"), link: "gone.md".to_owned() };
        assert_eq!(check(at.path()).unwrap(), (2, vec![dead]));
    }
}
