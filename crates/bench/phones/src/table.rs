//! The table: what libphonenumber takes for an Argentine number, as ranges of leading digits.

use std::fmt::Write;

use crate::oracle::{self, Kind};

/// What can stand behind the digits that decide. The table leaves it out, so it must make no difference.
const TAILS: [&str; 6] = ["00000", "11111", "15151", "49999", "55555", "99999"];

const HEAD: &str = "\
//! Argentina's numbering plan in libphonenumber's metadata, those of rlibphonenumber 2.2.15. Written by
//! `cargo xtask phone-table`; both ends of a range belong to it.

use super::PhoneKind;
";

/// The table as Rust.
///
/// # Errors
/// Numbers are told apart by what a table of this form can't say.
pub(crate) fn rust() -> Result<String, String> {
    let areas: Vec<_> = (10..10_000).filter(|&area| is_area(area)).collect();
    // A 15 after a 15 reads the same behind an area of two digits and behind one that ends in 15.
    let areas: Vec<_> =
        areas.iter().copied().filter(|area| area % 100 != 15 || !areas.contains(&(area / 100))).collect();
    let mut geographic = Vec::new();
    let mut services = Vec::new();
    for prefix in 10_000..100_000 {
        match (one_kind(&prefix.to_string())?, one_kind(&format!("9{prefix}"))?) {
            (Some(Kind::FixedLine), Some(Kind::Mobile)) => geographic.push(prefix),
            (kind, None) => services.extend(kind.map(|kind| (prefix, 10, kind))),
            other => return Err(format!("{prefix} is {other:?} without and with the 9")),
        }
        if prefix < 90_000 {
            services.extend(one_kind(&format!("{prefix}0"))?.map(|kind| (prefix, 11, kind)));
        }
    }
    let mut text = HEAD.to_owned();
    ranges(&mut text, "Area codes that a 15 can follow.", "AREAS", &areas);
    ranges(
        &mut text,
        "The first five digits of fixed lines, and of mobiles behind their 9.",
        "GEOGRAPHIC",
        &geographic,
    );
    text += "\n/// Other numbers: their first three digits, how many they have, and what they are.\n";
    text += "pub(super) const SERVICES: &[(u32, usize, PhoneKind)] = &[\n";
    for (first, length, kind) in by_three_digits(&services)? {
        let _ = writeln!(text, "    ({first}, {length}, PhoneKind::{}),", name(kind)?);
    }
    Ok(text + "];\n")
}

/// Whether a `15` behind these digits is the sign of a mobile.
fn is_area(area: u32) -> bool {
    let area = area.to_string();
    let subscriber = &"44444444"[..10 - area.len()];
    oracle::national(&format!("0{area}15{subscriber}"))
        .is_some_and(|number| number == format!("9{area}{subscriber}"))
}

/// What national numbers are that begin so, whatever follows.
fn one_kind(first: &str) -> Result<Option<Kind>, String> {
    let mut kinds = TAILS.iter().map(|tail| oracle::kind_of_national(&format!("{first}{tail}")));
    let kind = kinds.next().flatten();
    if kinds.all(|other| other == kind) {
        Ok(kind)
    } else {
        Err(format!("{first}: it depends on what follows"))
    }
}

/// The name in campotech-validate.
fn name(kind: Kind) -> Result<&'static str, String> {
    Ok(match kind {
        Kind::FixedLine => "FixedLine",
        Kind::Mobile => "Mobile",
        Kind::TollFree => "TollFree",
        Kind::PremiumRate => "PremiumRate",
        Kind::UAN => "UniversalAccess",
        other => return Err(format!("a kind that Argentina had not: {other:?}")),
    })
}

/// Services whose first three digits decide.
fn by_three_digits(services: &[(u32, usize, Kind)]) -> Result<Vec<(u32, usize, Kind)>, String> {
    let mut found: Vec<_> =
        services.iter().map(|&(prefix, length, kind)| (prefix / 100, length, kind)).collect();
    found.sort_by_key(|&(first, length, _)| (first, length));
    found.dedup();
    if found.len() * 100 == services.len() {
        Ok(found)
    } else {
        Err(format!("more than three digits: {services:?}"))
    }
}

fn ranges(text: &mut String, what: &str, name: &str, numbers: &[u32]) {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let _ = write!(text, "\n/// {what}\n#[rustfmt::skip]\npub(super) const {name}: &[(u32, u32)] = &[\n");
    for line in ranges.chunks(6) {
        let line: Vec<_> = line.iter().map(|(first, last)| format!("({first}, {last}),")).collect();
        let _ = writeln!(text, "    {}", line.join(" "));
    }
    *text += "];\n";
}
