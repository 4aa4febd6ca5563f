//! Meta's webhook: signature and handshake.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;

use campotech_core::Language;
use campotech_security::ConfigError;
use campotech_security::webhook::{HandshakeError, MetaSignature, SignatureError, VerifyToken};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::service_fn;

/// Secret, body, digest: the first from RFC 4231 (test case 2), the others made with OpenSSL.
const VECTORS: &[(&str, &[u8], &str)] = &[
    (
        "Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("app-secret", b"", "f685db4c946698bf105ff5b62e30bc1f78216f3914b12bb750f8992aa6748824"),
    (
        "app-secret",
        "{\"text\":\"ma\u{f1}ana \u{1f600}\"}".as_bytes(),
        "a99d3d96414dedb5ea49e929ad03f8ae424505ab2afc0b103a0bc5a85e482137",
    ),
    (
        "app-secret",
        b"{\"text\":\"ma\\u00f1ana \\ud83d\\ude00\"}",
        "0d29e86a144ad2fc5b1ad9eacc990a31901eccbcd8db67fc64508ee4f2cfc9b9",
    ),
];

fn signed(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", HeaderValue::from_str(value).unwrap());
    headers
}

#[test]
fn known_signatures_verify_and_are_made() {
    for (secret, body, digest) in VECTORS {
        let meta = MetaSignature::new(secret).unwrap();
        let value = format!("sha256={digest}");
        assert_eq!(meta.verify(&signed(&value), body), Ok(()), "{value}");
        assert_eq!(meta.verify(&signed(&value.to_uppercase().replace("SHA256", "sha256")), body), Ok(()));
        assert_eq!(meta.sign(body), value);
    }
    // The same text, escaped in another way, is another body.
    let meta = MetaSignature::new("app-secret").unwrap();
    assert_eq!(
        meta.verify(&signed(&format!("sha256={}", VECTORS[2].2)), VECTORS[3].1),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn what_is_no_signature_is_refused() {
    let meta = MetaSignature::new("Jefe").unwrap();
    let (_, body, digest) = VECTORS[0];
    assert_eq!(meta.verify(&HeaderMap::new(), body), Err(SignatureError::Missing));
    for malformed in [
        String::new(),
        "sha256=".into(),
        digest.into(),
        format!("sha1={digest}"),
        format!("SHA256={digest}"),
        format!("sha256= {digest}"),
        format!("sha256={}", &digest[1..]),
        format!("sha256={digest}0"),
        format!("sha256=g{}", &digest[1..]),
        format!("sha256=+{}", &digest[1..]),
        format!("sha256={digest},sha256={digest}"),
    ] {
        assert_eq!(meta.verify(&signed(&malformed), body), Err(SignatureError::Malformed), "{malformed}");
    }
    let mut twice = signed(&format!("sha256={digest}"));
    twice.append("x-hub-signature-256", HeaderValue::from_str(&format!("sha256={digest}")).unwrap());
    assert_eq!(meta.verify(&twice, body), Err(SignatureError::Malformed));
    let other = MetaSignature::new("jefe").unwrap();
    assert_eq!(other.verify(&signed(&format!("sha256={digest}")), body), Err(SignatureError::Mismatch));
    assert_eq!(
        meta.verify(&signed(&format!("sha256={}", "0".repeat(64))), body),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn two_secrets_live_while_one_is_rotated() {
    let (old, new) = (MetaSignature::new("old").unwrap(), MetaSignature::new("new").unwrap());
    let both = MetaSignature::new("new").unwrap().with_previous("old").unwrap();
    let headers = |by: &MetaSignature| signed(by.sign(b"body").to_str().unwrap());
    assert_eq!(both.verify(&headers(&old), b"body"), Ok(()));
    assert_eq!(both.verify(&headers(&new), b"body"), Ok(()));
    assert_eq!(both.sign(b"body"), new.sign(b"body"));
    assert_eq!(
        both.verify(&headers(&MetaSignature::new("third").unwrap()), b"body"),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn empty_secrets_are_refused_and_none_is_shown() {
    assert_eq!(MetaSignature::new("").unwrap_err(), ConfigError::EmptySecret("app secret"));
    assert_eq!(MetaSignature::new("x").unwrap().with_previous("").unwrap_err().code(), "empty_secret");
    assert_eq!(VerifyToken::new("").unwrap_err(), ConfigError::EmptySecret("verify token"));
    let meta = MetaSignature::new("hunter2").unwrap().with_previous("hunter1").unwrap();
    let shown = format!("{meta:?} {:?}", VerifyToken::new("hunter3").unwrap());
    assert!(!shown.contains("hunter") && shown.contains("***"), "{shown}");
}

#[test]
fn decisions_are_reported_and_every_refusal_looks_the_same() {
    let observer = RecordingObserver::default();
    let meta = MetaSignature::new("x").unwrap().with_observer(Arc::new(observer.clone()));
    let good = signed(meta.sign(b"body").to_str().unwrap());
    meta.verify(&good, b"body").unwrap();
    let mut problems = Vec::new();
    for headers in [HeaderMap::new(), signed("x"), good] {
        let error = meta.verify(&headers, b"other").unwrap_err();
        problems.push(error.problem().into_response_in(Language::En, None));
    }
    assert_eq!(
        observer.lines(),
        [
            "decision webhook allowed ok",
            "decision webhook refused missing",
            "decision webhook refused malformed",
            "decision webhook refused mismatch",
        ]
    );
    for problem in &problems {
        assert_eq!(problem.status(), 401);
        assert_eq!(problem.headers()["www-authenticate"], "X-Hub-Signature-256");
        assert_eq!(problem.body(), problems[0].body());
    }
}

#[test]
fn the_handshake_echoes_the_challenge_of_who_knows_the_token() {
    let token = VerifyToken::new("my token+1").unwrap();
    let (mode, secret) = ("hub.mode=subscribe", "hub.verify_token=my%20token%2B1");
    let ok = |query: &str, challenge: &str| {
        assert_eq!(token.handshake(Some(query)), Ok(challenge.to_owned()), "{query}");
    };
    ok(&format!("{mode}&{secret}&hub.challenge=1158201444"), "1158201444");
    ok(&format!("hub.challenge=a-B_9~&x=y&{secret}&{mode}"), "a-B_9~");
    ok(&format!("{mode}&hub.verify_token=my+token%2B1&hub.challenge=%3Cb%3E"), "<b>");
    ok(&format!("{mode}&{secret}&hub.challenge={}", "1".repeat(256)), &"1".repeat(256));
    let refused = |query: &str, error: HandshakeError| {
        assert_eq!(token.handshake(Some(query)), Err(error), "{query}");
    };
    assert_eq!(token.handshake(None), Err(HandshakeError::NotAHandshake));
    for query in [
        "".to_owned(),
        format!("{secret}&hub.challenge=1"),
        format!("{mode}&hub.challenge=1"),
        format!("{mode}&{secret}"),
        format!("hub.mode=unsubscribe&{secret}&hub.challenge=1"),
        format!("{mode}&{mode}&{secret}&hub.challenge=1"),
        format!("{mode}&{secret}&{secret}&hub.challenge=1"),
        format!("{mode}&{secret}&hub.challenge=1&hub.challenge=2"),
        format!("HUB.MODE=subscribe&{secret}&hub.challenge=1"),
    ] {
        refused(&query, HandshakeError::NotAHandshake);
    }
    for wrong in ["", "my%20token", "MY%20TOKEN%2B1", "my%20token%2B1%00", "%ff"] {
        refused(&format!("{mode}&hub.verify_token={wrong}&hub.challenge=1"), HandshakeError::Token);
    }
    for challenge in ["", "a%20b", "a%0ab", "%C3%A9", "%00", &"1".repeat(257)] {
        refused(&format!("{mode}&{secret}&hub.challenge={challenge}"), HandshakeError::Challenge);
    }
    assert_eq!(HandshakeError::Token.problem().status(), 403);
    assert_eq!(HandshakeError::Challenge.problem().status(), 400);
    assert_eq!(HandshakeError::NotAHandshake.problem().status(), 400);
}

proptest! {
    #[test]
    fn a_changed_byte_is_noticed(body in proptest::collection::vec(any::<u8>(), 1..300), at: prop::sample::Index, flip in 1_u8..) {
        let meta = MetaSignature::new("secret").unwrap();
        let headers = signed(meta.sign(&body).to_str().unwrap());
        prop_assert_eq!(meta.verify(&headers, &body), Ok(()));
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= flip;
        prop_assert_eq!(meta.verify(&headers, &changed), Err(SignatureError::Mismatch));
    }

    #[test]
    fn no_query_breaks_the_handshake(query in "\\PC{0,80}", mode: bool) {
        let token = VerifyToken::new("token").unwrap();
        let query = if mode { format!("hub.mode=subscribe&{query}") } else { query };
        if let Ok(challenge) = token.handshake(Some(&query)) {
            prop_assert!(query.contains("token") && challenge.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper() {
    let meta = MetaSignature::new("secret").unwrap();
    let verifier = meta.clone();
    let server = HyperServer::start(service_fn(move |request: Request<hyper::body::Incoming>| {
        let meta = verifier.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let answer = match meta.verify(&parts.headers, &body) {
                Ok(()) => Response::new(Full::from("taken")),
                Err(error) => error.problem().into_response_in(Language::En, None).map(Full::new),
            };
            Ok::<_, Infallible>(answer)
        }
    }))
    .await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let body = "{\"entry\":[]}";
    let signature = meta.sign(body.as_bytes());
    for (signature, status) in [(signature.to_str().unwrap(), 200), ("sha256=00", 401)] {
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: a\r\nx-hub-signature-256: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.send(head).await.unwrap();
        assert_eq!(connection.receive().await.unwrap().status, status);
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_with_the_raw_body_of_the_payload_layer() {
    use axum::Extension;
    use axum::extract::RawQuery;
    use axum::routing::{MethodRouter, get};
    use campotech_core::RawBody;
    use tower::ServiceExt;

    let meta = MetaSignature::new("secret").unwrap();
    let verifier = meta.clone();
    let token = VerifyToken::new("token").unwrap();
    let handshake = get(move |RawQuery(query): RawQuery| async move {
        token.handshake(query.as_deref()).map_err(HandshakeError::problem)
    });
    let route: MethodRouter =
        handshake.post(move |headers: HeaderMap, Extension(raw): Extension<RawBody>| async move {
            verifier.verify(&headers, &raw.0).map(|()| "taken").map_err(SignatureError::problem)
        });
    let router = axum::Router::new().route("/", route);
    let post = |signature: HeaderValue| {
        let mut request = Request::post("/")
            .header("x-hub-signature-256", signature)
            .body(axum::body::Body::empty())
            .unwrap();
        request.extensions_mut().insert(RawBody(bytes::Bytes::from_static(b"raw")));
        router.clone().oneshot(request)
    };
    assert_eq!(post(meta.sign(b"raw")).await.unwrap().status(), 200);
    assert_eq!(post(meta.sign(b"other")).await.unwrap().status(), 401);
    for (token, status) in [("token", 200), ("other", 403)] {
        let query = format!("/?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42");
        let request = Request::get(query).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
