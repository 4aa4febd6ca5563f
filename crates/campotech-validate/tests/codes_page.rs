//! The published table of codes against the codes.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../examples/codes.rs"]
mod codes;

#[test]
fn the_reference_says_what_the_code_says() {
    let published = include_str!("../../../docs/reference/validation-codes.md");
    for (line, expected) in published.lines().zip(codes::page().lines()) {
        assert_eq!(line, expected, "print it again: cargo run -p campotech-validate --example codes");
    }
    assert_eq!(published, codes::page());
}

#[test]
fn every_code_has_a_status_of_the_page() {
    for published in campotech_validate::codes::PUBLISHED {
        let name = published.code.name;
        assert!(codes::page().contains(&format!("| `{name}` | ")), "{name}");
        assert!(!published.meaning.is_empty(), "{name}");
    }
}
