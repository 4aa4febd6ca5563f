//! Every prefix of Argentina, as libphonenumber reads it, and what reading costs.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use campotech_validate::{ArMobile, ArPhone, PhoneKind};

/// Written by `cargo xtask phone-table`: for each form and number of digits, how many of the hundred thousand prefixes are
/// valid, and a digest of what libphonenumber says of each.
const VERDICTS: &str = include_str!("data/phone-verdicts.tsv");

#[test]
fn every_prefix_is_what_libphonenumber_says() {
    let mut lines = 0;
    for line in VERDICTS.lines().skip(1) {
        let [form, digits, valid, digest] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        // Two zeros are no national number but a call to another country.
        let (before, first) = match form {
            "fixed" => ("+54", 0),
            "mobile" => ("+549", 0),
            "national" => ("0", 10_000),
            other => panic!("{other}"),
        };
        let behind = &"1549153"[..digits.parse::<usize>().unwrap() - 5];
        let (mut found, mut fnv) = (0, 0xcbf2_9ce4_8422_2325_u64);
        for prefix in first..100_000 {
            let verdict = verdict(&format!("{before}{prefix:05}{behind}"));
            found += u32::from(verdict.starts_with('+'));
            for byte in verdict.bytes().chain([b'\n']) {
                fnv = (fnv ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        assert_eq!(
            (found.to_string().as_str(), format!("{fnv:016x}").as_str()),
            (valid, digest),
            "{form} {digits}"
        );
        lines += 1;
    }
    assert_eq!(lines, 3 * 7);
}

/// In libphonenumber's words.
fn verdict(text: &str) -> String {
    match text.parse::<ArPhone>() {
        Ok(phone) => {
            let kind = if phone.kind() == PhoneKind::UniversalAccess {
                "UAN".to_owned()
            } else {
                format!("{:?}", phone.kind())
            };
            format!("{phone} {kind}")
        }
        Err(violation) => match violation.code().name {
            "phone.invalid" => "NOT_A_NUMBER",
            "phone.short" => "TOO_SHORT",
            "phone.long" => "TOO_LONG",
            "phone.area" => "IS_POSSIBLE_LOCAL_ONLY",
            "phone.unassigned" => "IS_POSSIBLE",
            other => other,
        }
        .to_owned(),
    }
}

#[test]
fn reading_a_number_allocates_nothing() {
    let mobiles = [
        "+54 9 11 8765-4321",
        "(0343) 15 555-1212",
        "tel:1187654321;phone-context=+54",
        "011 8765-4321 int. 5",
    ];
    let counted = allocation_counter::measure(|| {
        assert!(
            mobiles.iter().all(|text| text.parse::<ArPhone>().is_ok() && text.parse::<ArMobile>().is_ok())
        );
        assert!("0800 CAMPO12".parse::<ArPhone>().is_ok());
    });
    assert_eq!(counted.count_total, 0);
}
