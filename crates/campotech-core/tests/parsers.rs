//! Properties of everything in the core that reads bytes from outside.
#![allow(clippy::unwrap_used, reason = "a property that can't be set up fails")]

use campotech_core::{Language, RequestId, TraceContext, TraceId, TraceState, tellable_name};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_header_has_a_language(bytes in proptest::collection::vec(0x20_u8..0x7f, 0..200)) {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", HeaderValue::from_bytes(&bytes).unwrap());
        let language = Language::negotiate(&headers);
        prop_assert!(["en", "es", "es-AR"].contains(&language.tag()));
    }

    #[test]
    fn a_language_that_is_asked_for_alone_is_the_answer(tag in "(en|es|es-AR)", quality in 1_u32..=1000) {
        let mut headers = HeaderMap::new();
        let value = format!("{tag};q={}, xx;q=1", f64::from(quality) / 1000.0);
        headers.insert("accept-language", HeaderValue::from_str(&value).unwrap());
        prop_assert_eq!(Language::negotiate(&headers).tag(), tag);
    }

    #[test]
    fn a_trace_id_is_what_was_sent_or_nothing(value in "[0-9a-fA-F-]{0,60}") {
        if let Some(id) = TraceId::from_traceparent(&value) {
            prop_assert_eq!(id.to_string(), &value[3..35]);
        }
    }

    #[test]
    fn every_well_formed_traceparent_is_read(trace in 1_u128.., parent in 1_u64.., flags: u8) {
        let value = format!("00-{trace:032x}-{parent:016x}-{flags:02x}");
        let id = TraceId::from_traceparent(&value).unwrap();
        prop_assert_eq!(id.as_bytes(), &trace.to_be_bytes());
    }

    #[test]
    fn a_trace_goes_on_as_it_was_sent(trace in 1_u128.., parent in 1_u64.., flags: u8) {
        let sent = TraceContext::from_traceparent(&format!("00-{trace:032x}-{parent:016x}-{flags:02x}")).unwrap();
        let again = TraceContext::from_traceparent(std::str::from_utf8(&sent.traceparent()).unwrap()).unwrap();
        prop_assert_eq!(&again, &sent);
        prop_assert_eq!(*sent.span_id().as_bytes(), parent.to_be_bytes());
        prop_assert_eq!(sent.sampled(), flags & 1 == 1);
    }

    #[test]
    fn a_tracestate_is_short_visible_ascii_or_nothing(bytes in proptest::collection::vec(prop_oneof![Just(b'='), Just(b','), any::<u8>()], 0..600)) {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        if let Some(state) = TraceState::adopt(&value) {
            prop_assert_eq!(state.as_str().as_bytes(), &bytes[..]);
            prop_assert!(bytes.len() <= 512 && bytes.iter().all(|b| matches!(b, b'\t' | b' '..=b'~')));
        }
    }

    #[test]
    fn an_adopted_request_id_is_safe_in_a_log_and_in_a_header(bytes in proptest::collection::vec(any::<u8>(), 0..160)) {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        if let Some(id) = RequestId::adopt(&value) {
            prop_assert_eq!(id.as_str().as_bytes(), &bytes[..]);
            prop_assert!((1..=128).contains(&bytes.len()));
            prop_assert!(bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(b)));
        }
    }

    #[test]
    fn a_name_that_is_told_back_can_be_nothing_but_a_name(name in ".{0,40}") {
        if tellable_name(&name) {
            prop_assert!(name.len() <= 32 && name.is_ascii() && !name.contains([' ', '"', '/', '\\']));
            prop_assert!(name.bytes().filter(u8::is_ascii_digit).count() <= 3);
        }
    }
}
