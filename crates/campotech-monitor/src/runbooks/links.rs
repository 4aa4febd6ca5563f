//! Whether a link leads anywhere, without asking the network.

use std::path::Path;

use super::finding::Finding;
use super::page::{Runbook, RunbooksError};

/// What is wrong with the links of a page to files and headings of the workspace.
pub(super) fn check(page: &Runbook) -> Result<Vec<Finding>, RunbooksError> {
    let mut findings = Vec::new();
    for link in &page.links {
        if link.to.contains("://") || link.to.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = match link.to.split_once('#') {
            Some((file, anchor)) => (file, Some(anchor)),
            None => (link.to.as_str(), None),
        };
        let folder = page.path.parent().unwrap_or(Path::new("."));
        let target = if file.is_empty() { page.path.clone() } else { folder.join(file) };
        let found = match anchor {
            _ if !target.exists() => false,
            None => true,
            Some(anchor) => {
                target.is_file() && anchors(&Runbook::read(&target)?).any(|known| known == anchor)
            }
        };
        if !found {
            findings.push(Finding::Link { page: page.name.clone(), link: link.to.clone() });
        }
    }
    Ok(findings)
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Runbook) -> impl Iterator<Item = String> {
    let mut seen: Vec<String> = Vec::new();
    page.headings.iter().map(move |heading| {
        let slug = slug(&heading.text);
        let before = seen.iter().filter(|other| **other == slug).count();
        seen.push(slug.clone());
        if before == 0 { slug } else { format!("{slug}-{before}") }
    })
}

fn slug(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
