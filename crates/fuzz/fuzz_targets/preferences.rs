//! What a client would rather have.
#![no_main]

use campotech_core::Language;
use campotech_core::media::{is_json_type, is_no_charset_or_utf8};
use campotech_core::preference::preferences;
use campotech_fuzz::lines;
use http::header::{ACCEPT, ACCEPT_LANGUAGE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(headers) = lines(&ACCEPT, data) else { return };
    for item in preferences(&headers, ACCEPT) {
        assert!(item.weight <= 1_000 && !item.name.is_empty() && item.name.trim() == item.name);
        assert!(item.is(&item.name.to_ascii_uppercase()));
        let _ = item.parameter("charset");
    }
    if let Some(headers) = lines(&ACCEPT_LANGUAGE, data) {
        assert!(matches!(Language::negotiate(&headers).tag(), "en" | "es" | "es-AR"));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(!is_json_type(text) || text.to_ascii_lowercase().ends_with("json"));
        let _ = is_no_charset_or_utf8(text);
    }
});
