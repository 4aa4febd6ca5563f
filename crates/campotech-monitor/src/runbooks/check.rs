//! The pages, held against the alerts.

use std::collections::BTreeSet;
use std::path::Path;

use super::finding::Finding;
use super::links;
use super::page::{INDEX, Panel, Runbook, RunbooksError, load};
use crate::rules::Alert;

const SECTIONS: [&str; 4] = ["Meaning", "Impact", "Diagnosis", "Mitigation"];
const DIAGNOSIS: &str = SECTIONS[2];
const LANGUAGES: [&str; 5] = ["sh", "sql", "text", "promql", "promql-incident"];

/// What is wrong with the pages in `folder`, where `alerts` are all there are.
///
/// # Errors
/// If the folder, its index or a page can't be read.
pub fn check<'a>(
    folder: &Path,
    alerts: impl IntoIterator<Item = &'a Alert>,
) -> Result<Vec<Finding>, RunbooksError> {
    let (pages, index) = (load(folder)?, Runbook::read(&folder.join(INDEX))?);
    let mut findings = links::check(&index)?;
    let mut known = BTreeSet::new();
    for alert in alerts {
        known.insert(alert.alert.as_str());
        match pages.iter().find(|page| page.name == alert.alert) {
            Some(page) => findings.extend(against(alert, page, &index)),
            None => findings.push(Finding::NoPage { alert: alert.alert.clone() }),
        }
    }
    for page in &pages {
        if !known.contains(page.name.as_str()) {
            findings.push(Finding::Orphan { page: page.name.clone() });
        }
        findings.extend(shape(page));
        findings.extend(expressions(page));
        findings.extend(links::check(page)?);
    }
    Ok(findings)
}

/// What the alert says of itself has to be what its page and the index say.
fn against(alert: &Alert, page: &Runbook, index: &Runbook) -> Vec<Finding> {
    let annotation = |name: &str| alert.annotations.get(name).cloned().unwrap_or_default();
    let expected = Panel { dashboard: annotation("dashboard"), title: annotation("panel") };
    let mut findings = Vec::new();
    if page.panel.as_ref() != Some(&expected) {
        findings.push(Finding::Panel { page: page.name.clone(), found: page.panel.clone(), expected });
    }
    let severity = alert.labels.get("severity").cloned().unwrap_or_default();
    let file = format!("{}.md", page.name);
    if !index.links.iter().any(|link| link.to == file && link.section.eq_ignore_ascii_case(&severity)) {
        findings.push(Finding::NotListed { page: page.name.clone(), severity });
    }
    findings
}

fn shape(page: &Runbook) -> Vec<Finding> {
    let name = || page.name.clone();
    let mut findings = Vec::new();
    let found: Vec<String> =
        page.headings.iter().map(|h| format!("{} {}", "#".repeat(h.level.into()), h.text)).collect();
    let sections = SECTIONS.iter().map(|section| format!("## {section}"));
    let expected: Vec<String> = std::iter::once(format!("# {}", page.name)).chain(sections).collect();
    if found != expected {
        findings.push(Finding::Headings { page: name(), found });
    }
    let empty = page.headings.iter().enumerate().filter(|(at, _)| !page.filled.contains(at));
    findings.extend(empty.map(|(_, heading)| Finding::Empty { page: name(), heading: heading.text.clone() }));
    let diagnosis =
        |language| page.blocks.iter().any(|block| block.section == DIAGNOSIS && block.language == language);
    if !diagnosis("sh") {
        findings.push(Finding::NoCommand { page: name() });
    }
    if !diagnosis("promql") {
        findings.push(Finding::NoPromql { page: name() });
    }
    findings
}

fn expressions(page: &Runbook) -> Vec<Finding> {
    let mut findings = Vec::new();
    for block in &page.blocks {
        let (page, language) = (page.name.clone(), block.language.clone());
        if !LANGUAGES.contains(&block.language.as_str()) {
            findings.push(Finding::Language { page, language });
        } else if language.starts_with("promql")
            && let Err(message) = promql_parser::parser::parse(&block.text)
        {
            findings.push(Finding::Syntax { page, expr: block.text.clone(), message });
        }
    }
    findings
}
