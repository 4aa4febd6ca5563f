//! Each finding, found; and nothing where nothing is wrong.

use std::path::Path;

use super::*;
use crate::rules::RuleFile;

const GOOD: &str = "# Broken\n\nIt is broken.\n\n## Meaning\n\nM, see [the index](README.md#words) and [above](#meaning).\n\n\
    ## Impact\n\nI\n\n## Diagnosis\n\nPanel: **Error `rate`** on `application`.\n\n```sh\nprobe\n```\n\n\
    ```promql\nsum(up)\n```\n\n```promql-incident\nup == 0\n```\n\n## Mitigation\n\n1. Mend it.\n";
const INDEX_PAGE: &str =
    "# Runbooks\n\n## Words\n\nNone.\n\n## Critical\n\n| alert |\n|---|\n| [Broken](Broken.md) |\n";
const ALERTS: &str = "groups:\n- name: g\n  rules:\n  - alert: Broken\n    expr: up == 0\n    labels: {severity: critical}\n    \
    annotations: {dashboard: application, panel: Error rate}\n";

fn findings(pages: &[(&str, &str)]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("alerts.yml", ALERTS);
    write("README.md", INDEX_PAGE);
    write("Broken.md", GOOD);
    pages.iter().for_each(|(name, text)| write(name, text));
    check(folder.path(), RuleFile::read(&folder.path().join("alerts.yml")).unwrap().alerts()).unwrap()
}

/// What is found in the good page after a change.
fn changed(from: &str, to: &str) -> Vec<Finding> {
    assert!(GOOD.contains(from), "{from}");
    findings(&[("Broken.md", &GOOD.replacen(from, to, 1))])
}

fn page() -> String {
    "Broken".to_owned()
}

#[test]
fn a_good_page_is_read() {
    assert_eq!(findings(&[]), []);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Broken.md"), GOOD).unwrap();
    let pages = load(folder.path()).unwrap();
    let [page] = pages.as_slice() else { panic!("{pages:?}") };
    assert_eq!(page.promql().collect::<Vec<_>>(), ["sum(up)\n"]);
    assert_eq!(page.promql_incident().collect::<Vec<_>>(), ["up == 0\n"]);
    let panel = Panel { dashboard: "application".to_owned(), title: "Error rate".to_owned() };
    assert_eq!(page.panel, Some(panel));
}

#[test]
fn alerts_and_pages_have_to_match() {
    let other = GOOD.replace("# Broken\n", "# Other\n");
    assert_eq!(findings(&[("Other.md", &other)]), [Finding::Orphan { page: "Other".to_owned() }]);
    let alert = ALERTS.replace("alert: Broken", "alert: Missing");
    let found = findings(&[("alerts.yml", &alert)]);
    assert!(found.contains(&Finding::NoPage { alert: "Missing".to_owned() }), "{found:?}");
}

#[test]
fn headings_are_these_and_in_this_order() {
    let wrong = |from, to| matches!(changed(from, to).first(), Some(Finding::Headings { .. }));
    assert!(wrong("# Broken\n", "# Mended\n"));
    assert!(wrong("## Mitigation", "## Fix"));
    assert!(wrong("## Mitigation", "## Notes\n\nN\n\n## Mitigation"));
    assert!(wrong("## Impact\n\nI\n\n", ""));
    let swapped = GOOD.replace("## Meaning", "## X").replace("## Impact", "## Meaning");
    let found = findings(&[("Broken.md", &swapped.replace("## X", "## Impact"))]);
    assert!(matches!(found[..], [Finding::Headings { .. }]), "{found:?}");
}

#[test]
fn each_heading_has_something_below_it() {
    let empty = |heading: &str| vec![Finding::Empty { page: page(), heading: heading.to_owned() }];
    assert_eq!(changed("## Impact\n\nI\n\n", "## Impact\n\n"), empty("Impact"));
    assert_eq!(changed("It is broken.\n\n", ""), empty("Broken"));
}

#[test]
fn diagnosis_has_a_command_and_an_expression() {
    assert_eq!(changed("```sh\nprobe\n```\n\n", ""), [Finding::NoCommand { page: page() }]);
    assert_eq!(changed("```promql\nsum(up)\n```\n\n", ""), [Finding::NoPromql { page: page() }]);
    // Elsewhere they don't count.
    let moved = GOOD.replace("```sh\nprobe\n```\n\n", "") + "\n```sh\nprobe\n```\n";
    assert_eq!(findings(&[("Broken.md", &moved)]), [Finding::NoCommand { page: page() }]);
}

#[test]
fn expressions_parse() {
    for (from, to) in [("sum(up)", "sum(up"), ("up == 0", "up = 0"), ("sum(up)", "up\nup")] {
        assert!(matches!(changed(from, to)[..], [Finding::Syntax { .. }]), "{to}");
    }
    let language = "promql-incidents".to_owned();
    assert_eq!(
        changed("promql-incident", "promql-incidents"),
        [Finding::Language { page: page(), language }]
    );
}

#[test]
fn the_panel_is_the_alerts() {
    for (from, to) in [
        ("**Error `rate`**", "**Errors**"),
        ("`application`", "`infrastructure`"),
        ("Panel: **Error `rate`** on `application`.", "Look at it."),
    ] {
        assert!(matches!(changed(from, to)[..], [Finding::Panel { .. }]), "{to}");
    }
}

#[test]
fn links_lead_somewhere() {
    for (from, to) in
        [("README.md#words", "README.md#word"), ("README.md", "READ.md"), ("#meaning", "#meanings")]
    {
        let found = changed(from, to);
        assert!(matches!(found[..], [Finding::Link { .. }]), "{to}: {found:?}");
    }
    assert_eq!(changed("README.md#words", "https://example.com/#words"), []);
}

#[test]
fn the_index_lists_every_page_below_its_severity() {
    let severity = "critical".to_owned();
    let not_listed = [Finding::NotListed { page: page(), severity }];
    for (from, to) in [("Critical", "Warning"), ("Broken.md", "README.md")] {
        assert_eq!(findings(&[("README.md", &INDEX_PAGE.replace(from, to))]), not_listed);
    }
    let broken = INDEX_PAGE.replace("None.", "[None](none.md)");
    let link = Finding::Link { page: "README".to_owned(), link: "none.md".to_owned() };
    assert_eq!(findings(&[("README.md", &broken)]), [link]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(load(Path::new("/no/such/folder")).is_err());
}
