//! Webhooks: signatures of every scheme, handshake, replays, the layer.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "webhook/layer.rs"]
mod layer;
#[cfg(feature = "redis")]
#[path = "webhook/redis.rs"]
mod redis;
#[path = "webhook/replays.rs"]
mod replays;
#[path = "webhook/schemes.rs"]
mod schemes;
#[path = "webhook/vectors.rs"]
mod vectors;

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use campotech_core::Clock;
use campotech_security::webhook::{HandshakeError, Scheme, VerifyToken, WebhookVerifier};
use http::HeaderMap;
use proptest::prelude::*;

/// A secret that every scheme takes.
const SECRET: &str = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const OLD_SECRET: &str = "whsec_b29vb29vb29vb29vb29vb29vb29vb29vb29vb29vb28=";
const BODY: Bytes = Bytes::from_static(b"{\"a\":1}");
const QUERY: Option<&str> = Some("data.id=del-1&type=payment");

/// A clock that stands at a second of the epoch.
#[derive(Debug, Clone)]
struct At(u64);

impl Clock for At {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0)
    }
}

fn verifier(scheme: Scheme) -> WebhookVerifier {
    WebhookVerifier::new(scheme, SECRET).unwrap()
}

/// Headers of a delivery of [`BODY`] that is signed now.
fn signed(scheme: Scheme) -> HeaderMap {
    verifier(scheme).sign("del-1", &BODY).unwrap()
}

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
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
    fn no_query_breaks_the_handshake(query in "\\PC{0,80}", mode: bool) {
        let token = VerifyToken::new("token").unwrap();
        let query = if mode { format!("hub.mode=subscribe&{query}") } else { query };
        if let Ok(challenge) = token.handshake(Some(&query)) {
            prop_assert!(query.contains("token") && challenge.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}
