//! Prints `docs/reference/validation-codes.md`; a test compares them.

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::fmt::Write as _;

use campotech_validate::codes::{PUBLISHED, Published};

const HEAD: &str = "\
# Codes of refused input

What `errors[].code` of a problem can be: names for programs, which never change their meaning. `detail` is the text below in the
language of `Accept-Language`, with `params` in the places of names in braces. A rule of a service's own brings a code of its own.

The status is that of a body. In a path, a query or a header every fault is a 400 (`invalid-parameters`); `taken` is a 422 where it
stands beside other faults. What each status means is in the [guide](../guides/validation.md).

Printed by `cargo run -p campotech-validate --example codes`, and compared by a test.
";

/// The page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for (status, title) in [
        (400, "400: it can't be taken apart"),
        (409, "409: it conflicts with what is there"),
        (413, "413: it is too large"),
        (415, "415: it is of another type"),
        (422, "422: it is well-formed and wrong"),
    ] {
        let _ = write!(
            page,
            "\n## {title}\n\n| code | when | params | en | es | es-AR |\n|---|---|---|---|---|---|\n"
        );
        for published in PUBLISHED.iter().filter(|published| published.status == status) {
            page.push_str(&row(published));
        }
    }
    page
}

fn row(published: &Published) -> String {
    let (meaning, params) = published.meaning.split_once(" Params: ").unwrap_or((published.meaning, ""));
    let text = &published.code.text;
    let cells = [
        &format!("`{}`", published.code.name),
        meaning.trim().trim_end_matches('.'),
        params.trim_end_matches('.'),
        text.en,
        text.es,
        text.es_ar,
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

#[allow(dead_code, reason = "the test that compares has a main of its own")]
fn main() {
    print!("{}", page());
}
