//! Tables of addresses and numbers: our own, and larger ones where `CAMPOTECH_CORPORA` names their folder.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "the rows that agree are counted for the reader")]

use std::path::Path;

use campotech_validate::{ArPhone, Email, PhoneKind};

/// A row: what is read, what should come of it, and of which kind that is.
struct Row {
    input: String,
    expected: String,
    kind: String,
}

fn rows(table: &str) -> Vec<Row> {
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let (input, expected) = (unescape(cells.next()?), cells.next()?.to_owned());
        Some(Row { input, expected, kind: cells.next().unwrap_or_default().to_owned() })
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

/// The number and what it is, or the reason why there is none. Of other countries' numbers we only know that they are.
fn phone_is_as_expected(row: &Row) -> bool {
    let (number, kind) = match row.input.parse::<ArPhone>() {
        Ok(phone) => (phone.to_string(), kind_of(phone)),
        Err(violation) => ("INVALID".to_owned(), reason(violation.code().name)),
    };
    let elsewhere = kind == "OTHER_COUNTRY" && !row.expected.starts_with("+54");
    elsewhere || (number == row.expected && (row.kind.is_empty() || kind == row.kind))
}

fn kind_of(phone: ArPhone) -> &'static str {
    match phone.kind() {
        PhoneKind::FixedLine => "FIXED_LINE",
        PhoneKind::Mobile => "MOBILE",
        PhoneKind::TollFree => "TOLL_FREE",
        PhoneKind::PremiumRate => "PREMIUM_RATE",
        PhoneKind::UniversalAccess => "UAN",
        other => panic!("{other:?} has no name at libphonenumber"),
    }
}

/// libphonenumber's word for a code.
fn reason(code: &str) -> &'static str {
    match code {
        "phone.invalid" => "NOT_A_NUMBER",
        "phone.country" => "OTHER_COUNTRY",
        "phone.short" => "TOO_SHORT",
        "phone.long" => "TOO_LONG",
        "phone.area" => "IS_POSSIBLE_LOCAL_ONLY",
        "phone.unassigned" => "IS_POSSIBLE",
        other => panic!("{other} has no name at libphonenumber"),
    }
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

#[test]
fn the_corpus_of_numbers() {
    let Some(rows) = corpus("ar-phones.tsv") else { return };
    assert!(disagreements(&rows, phone_is_as_expected).is_empty());
}
