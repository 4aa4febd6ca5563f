//! Tables of addresses and numbers: our own, and larger ones where `CAMPOTECH_CORPORA` names their folder.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "the rows that agree are counted for the reader")]

use std::path::Path;

use campotech_validate::{ArPhone, Email};

/// A row: what is read, what should come of it, and its line.
struct Row {
    input: String,
    expected: String,
}

fn rows(table: &str) -> Vec<Row> {
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some(Row { input: unescape(cells.next()?), expected: cells.next()?.to_owned() })
    });
    rows.collect()
}

/// `\\ \t \n \r \uXXXX`, the last as UTF-16.
fn unescape(text: &str) -> String {
    let mut units = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let unit = match (c, c == '\\') {
            (_, true) => match chars.next().unwrap() {
                't' => '\t' as u16,
                'n' => '\n' as u16,
                'r' => '\r' as u16,
                'u' => u16::from_str_radix(&chars.by_ref().take(4).collect::<String>(), 16).unwrap(),
                other => other as u16,
            },
            (c, false) => {
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
                continue;
            }
        };
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}

fn corpus(name: &str) -> Option<Vec<Row>> {
    let folder = std::env::var_os("CAMPOTECH_CORPORA")?;
    let path = Path::new(&folder).join(name);
    // Relative to the workspace, where the command that sets it runs.
    let path = if path.is_absolute() { path } else { Path::new("../..").join(path) };
    Some(rows(&std::fs::read_to_string(path).unwrap()))
}

fn disagreements(rows: &[Row], agrees: impl Fn(&Row) -> bool) -> Vec<&Row> {
    assert!(rows.len() > 30, "{} rows", rows.len());
    let wrong: Vec<_> = rows.iter().filter(|row| !agrees(row)).collect();
    println!("{} of {} rows agree", rows.len() - wrong.len(), rows.len());
    for row in &wrong {
        println!("  {:?} should be {}", row.input, row.expected);
    }
    wrong
}

fn email_is_as_expected(row: &Row) -> bool {
    match (row.input.parse::<Email>(), row.expected.as_str()) {
        (Ok(_), "VALID") | (Err(_), "INVALID") => true,
        (Ok(email), expected) => email.as_str() == expected,
        (Err(_), _) => false,
    }
}

/// Numbers of other countries are right to be refused, whatever they are.
fn phone_is_as_expected(row: &Row) -> bool {
    let expected = if row.expected.starts_with("+54") { &row.expected } else { "INVALID" };
    row.input.parse::<ArPhone>().map_or(expected == "INVALID", |phone| phone.as_str() == expected)
}

#[test]
fn our_own_addresses() {
    assert!(disagreements(&rows(include_str!("data/emails.tsv")), email_is_as_expected).is_empty());
}

#[test]
fn our_own_numbers() {
    assert!(disagreements(&rows(include_str!("data/phones.tsv")), phone_is_as_expected).is_empty());
}

#[test]
fn the_corpus_of_addresses() {
    let Some(rows) = corpus("emails.tsv") else { return };
    assert!(disagreements(&rows, email_is_as_expected).is_empty());
}

/// Blocks that the oracle's data has and ours, being older, has not (`11 0xxx`, assigned since).
fn is_newer_than_our_data(row: &Row) -> bool {
    row.expected.starts_with("+54110") || row.expected.starts_with("+549110")
}

#[test]
fn the_corpus_of_numbers() {
    let Some(rows) = corpus("ar-phones.tsv") else { return };
    let wrong = disagreements(&rows, phone_is_as_expected);
    // The rest is an exact table's task: a few rows in a hundred at most.
    let unexplained = wrong.iter().filter(|row| !is_newer_than_our_data(row)).count();
    assert!(unexplained * 100 <= rows.len(), "{unexplained} of {} rows", rows.len());
}
