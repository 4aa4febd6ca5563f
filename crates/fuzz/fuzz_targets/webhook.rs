//! Signatures: none without the secret.
#![no_main]

use bytes::Bytes;
use campotech_fuzz::{pieces, value};
use campotech_security::webhook::{Scheme, VerifyToken, WebhookVerifier};
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";

fuzz_target!(|data: &[u8]| {
    let [signature, id, time, query, body] = pieces(data);
    let (body, query) = (Bytes::copy_from_slice(body), std::str::from_utf8(query).unwrap_or_default());
    for scheme in Scheme::ALL {
        let verifier = WebhookVerifier::new(scheme, SECRET).unwrap_or_else(|why| panic!("{why}"));
        let mut forged = HeaderMap::new();
        let names = ["x-request-id", "x-github-delivery", "webhook-id"].map(HeaderName::from_static);
        for (name, bytes) in
            [(scheme.signature_header(), signature), ("webhook-timestamp".parse().unwrap(), time)]
                .into_iter()
                .chain(names.into_iter().map(|name| (name, id)))
        {
            if let Some(value) = value(bytes) {
                forged.insert(name, value);
            }
        }
        assert!(verifier.verify(&forged, Some(query), &body).is_err(), "{scheme:?}");

        let Some(name) = std::str::from_utf8(id).ok() else { continue };
        let Ok(signed) = verifier.sign(name, &body) else { continue };
        // What is signed verifies, under the name that it was signed for and no other.
        let own: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("data.id", name).finish();
        let verified =
            verifier.verify(&signed, Some(&own), &body).unwrap_or_else(|why| panic!("{scheme:?}: {why}"));
        assert_eq!(verified.body(), scheme.signs_body().then_some(&body));
        let other = verifier.verify(&signed, Some(query), &Bytes::from([&body[..], b"x"].concat()));
        let same = url::form_urlencoded::parse(query.as_bytes())
            .any(|(key, value)| key == "data.id" && value.eq_ignore_ascii_case(name));
        assert!(other.is_err() || (!scheme.signs_body() && same), "{scheme:?}");
    }
    let token = VerifyToken::new(SECRET).unwrap_or_else(|why| panic!("{why}"));
    if let Ok(challenge) = token.handshake(Some(query)) {
        assert!(query.contains("whsec_") || query.contains('%'), "{challenge}");
    }
});
