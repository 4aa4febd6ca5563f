//! Planted secrets and innocent look-alikes.

use proptest::prelude::*;

use super::super::checks::{digits, is_cuit};
use super::*;

#[test]
fn every_pattern_builds() {
    assert!(super::super::forms::FORMS.iter().all(|form| form.pattern.as_str() != "(?s).+"));
}

#[test]
fn what_gives_somebody_away_is_taken_out() {
    for secret in [
        "ana.perez+x@example.com.ar",
        "josé@correo.example",
        "ana%40example.com",
        "+54 9 11 2345-6789",
        "+5491123456789",
        "5491123456789",
        "+1 (415) 555-2671",
        "011 4321-8765",
        "(0351) 15 423-4567",
        "(0351) 423-4567",
        "0351-4234567",
        "1123456789",
        "20-12345678-6",
        "20123456786",
        "20.12345678.6",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "378282246310005",
        "Bearer abcDEF1234567890",
        "Basic dXNlcjpwYXNzd29yZDE=",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cr3tS1gnature",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIA1234567890ABCDEF",
        "APP_USR-1234567890123456-010203-abcdef",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "EAAGm0PX4ZCpsBAKZCZBqZA0abcdEFGH",
    ] {
        for around in [secret.to_owned(), format!("before {secret} after"), format!("x=\"{secret}\";")] {
            let clean = scrub_text(&around);
            assert!(!clean.contains(secret), "{around} -> {clean}");
            assert!(clean.contains(FILTERED), "{around} -> {clean}");
        }
    }
}

#[test]
fn a_named_secret_is_taken_out_whatever_it_looks_like() {
    for (text, secret) in [
        ("password=hunter2", "hunter2"),
        ("{\"password\": \"correct horse\"}", "horse"),
        ("Authorization: abc", "abc"),
        ("api_key = 'k'", "'k'"),
        ("postgres://app:s3cret@db:5432/campo", "s3cret"),
        ("GET https://h.example/a?dni=30111222&x=1 failed", "30111222"),
        ("cookie: sid=1", "sid=1"),
    ] {
        let clean = scrub_text(text);
        assert!(!clean.contains(secret), "{text} -> {clean}");
    }
    assert_eq!(scrub_text("postgres://app:s3cret@db:5432/campo"), "postgres://[Filtered]db:5432/campo");
}

#[test]
fn innocent_look_alikes_stay() {
    for fine in [
        "0190a8f2-7c3e-7d3a-9f12-3456789abcde",
        "job 0190a8f2-7c3e-7d3a-9f12-3456789abcde is done",
        "1.2.3",
        "campotech-server@1.4.2",
        "version 10.15.7 (build 22041)",
        "2025-11-23T01:26:17.123456Z",
        "2025-11-23 01:26:17",
        "order 100012345678",
        "order 1234567",
        "took 1234567890 ns",
        "20-12345678-7",
        "4111 1111 1111 1112",
        "a basic misunderstanding of the bearer of bad news",
        "campotech_sentry::layer::service::SentryService",
        "called `Option::unwrap()` on a `None` value",
        "crates/campotech-sentry/src/layer/future.rs",
        "connection refused (os error 111)",
        "tokio-runtime-worker",
        "127.0.0.1:8080",
        "0x00007f8a2c3d4e5f",
        "",
    ] {
        assert_eq!(scrub_text(fine), fine);
        assert!(matches!(scrub_text(fine), Cow::Borrowed(_)), "{fine}");
    }
}

proptest! {
    #[test]
    fn scrubbing_twice_is_scrubbing_once(text in "\\PC{0,200}") {
        let once = scrub_text(&text).into_owned();
        prop_assert_eq!(scrub_text(&once).into_owned(), once);
    }

    #[test]
    fn any_valid_cuit_is_found(prefix in prop::sample::select(vec![20u64, 23, 27, 30]), body in 0u64..100_000_000) {
        let mut number = digits(&format!("{prefix:02}{body:08}0"));
        for check in 0..10 {
            number[10] = check;
            let text: String = number.iter().map(|d| char::from(b'0' + d)).collect();
            // Other rules may take such a number, too; a valid one never stays.
            if is_cuit(&number) {
                prop_assert_eq!(scrub_text(&text).into_owned(), FILTERED);
            }
        }
    }

    #[test]
    fn any_address_is_found(user in "[a-z0-9._]{1,12}", host in "[a-z0-9]{1,10}", top in "[a-z]{2,4}") {
        let address = format!("{user}@{host}.{top}");
        let text = format!("of {address}, he said");
        prop_assert!(!scrub_text(&text).contains(&address));
    }

    #[test]
    fn any_uuid_stays(bits in any::<u128>()) {
        let hex = format!("{bits:032x}");
        let id = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        prop_assert_eq!(scrub_text(&id).into_owned(), id);
    }
}

#[test]
fn a_hostile_mebibyte_takes_no_longer_than_its_first_part() {
    // Each makes some pattern try again and again from everywhere.
    for piece in [
        "a@",
        "1 ",
        "1-",
        "+1",
        "%2525",
        "eyJa.",
        "password=",
        "a:b@",
        "http://a:",
        "{\"a\":",
        "[",
        "dni ",
        "aA1",
        "\\\"",
        "=+",
        "(at)",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let began = std::time::Instant::now();
        let clean = scrub_text(&text).into_owned();
        let took = began.elapsed();
        assert!(clean.len() <= LONGEST * 8, "{piece}");
        println!("HOSTILE {piece:?} took_ms={}", took.as_millis());
        assert!(took < std::time::Duration::from_secs(20), "{piece} took {took:?}");
    }
}

#[test]
fn half_a_secret_does_not_stand_before_the_cut() {
    for secret in
        ["4111 1111 1111 1111", "+54 9 11 2345-6789", "ana.perez@example.com", "clave=hunter2hunter2"]
    {
        for shift in 0..24 {
            let text = format!("{}{secret} {}", " x".repeat((LONGEST - shift) / 2), "y ".repeat(600));
            let clean = scrub_text(&text);
            for piece in secret.as_bytes().windows(6).map(|piece| std::str::from_utf8(piece).unwrap()) {
                assert!(!clean.contains(piece) || piece == "clave=", "{piece} of {secret} at {shift}");
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_made_of_secrets_and_their_signs_settles(parts in prop::collection::vec(prop::sample::select(vec![
        "password=", "clave: ", "\"", "\\", "[Filtered]", "%40", "%25", "+54 9 11 ", "4321-8765", "@", "ana", ".com", "Bearer ", "abC123def456gHi789",
        "{\"a\":\"", "\"}", "dni ", "30.111.222", "&", "=", " ", "://", "20-12345678-6", "eyJhbGciOi.eyJzdWIi.x", "\n",
    ]), 0..12)) {
        let text = parts.concat();
        let once = scrub_text(&text).into_owned();
        prop_assert_eq!(scrub_text(&once).into_owned(), once);
    }
}

/// A text within texts, each of which has to be read to see what is in it.
fn nested(levels: usize) -> String {
    (0..levels).fold("%25252B".to_owned(), |inner, _| {
        let inner = inner.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "\\u0025");
        format!("[\"{inner}\"]")
    })
}

#[test]
fn texts_within_texts_cost_no_more_than_their_length_allows() {
    for levels in 1..12 {
        let text = nested(levels);
        let clean = scrub_text(&text).into_owned();
        assert!(clean == text || clean.contains(FILTERED), "{levels}: {clean}");
        assert_eq!(scrub_text(&clean), clean);
    }
    // Percent-encoded JSON within percent-encoded JSON: as deep as a header is long.
    let mut text = "x@y.example".to_owned();
    while text.len() < 16_000 {
        let json = format!("[[[[{}]]]]", serde_json::to_string(&text).unwrap());
        text = json.replace('%', "%25").replace('[', "%5B");
    }
    assert!(!scrub_text(&text).contains("x@y.example"));
}
