//! The comparison of signatures: whatever byte differs first, the cost is the same.

use std::hint::black_box;

use bytes::Bytes;
use campotech_security::webhook::{Scheme, WebhookVerifier};
use http::{HeaderMap, HeaderValue};

use crate::{Case, Subject};

const NONE: &str = "webhook.none";
const FIRST: &str = "webhook.first_byte";
const LAST: &str = "webhook.last_byte";

pub const CASES: &[Case] = &[
    Case {
        name: NONE,
        floor: NONE,
        begin: || Box::new(|requests| (0..requests).for_each(|n| _ = black_box(n))),
    },
    Case { name: FIRST, floor: NONE, begin: || refused(7) },
    Case { name: LAST, floor: NONE, begin: || refused(70) },
];

/// Pairs whose instructions differ by no more than a thousandth.
pub const EVEN: &[(&str, &str)] = &[(FIRST, LAST)];

/// A signature that is wrong in the digit at `at` of its header, and nowhere else.
fn refused(at: usize) -> Subject {
    let verifier = WebhookVerifier::new(Scheme::Meta, "app secret").expect("a secret");
    let body = Bytes::from_static(br#"{"object":"whatsapp_business_account","entry":[]}"#);
    let mut headers = verifier.sign("", &body).expect("headers");
    flip(&mut headers, at);
    Box::new(move |requests| {
        for _ in 0..requests {
            assert!(verifier.verify(black_box(&headers), None, black_box(&body)).is_err());
        }
    })
}

fn flip(headers: &mut HeaderMap, at: usize) {
    let name = Scheme::Meta.signature_header();
    let mut value = headers[&name].as_bytes().to_vec();
    value[at] = if value[at] == b'0' { b'1' } else { b'0' };
    headers.insert(name, HeaderValue::from_bytes(&value).expect("digits"));
}
