//! What every scheme refuses, and what it answers then.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{Language, ManualClock};
use campotech_security::ConfigError;
use campotech_security::webhook::{Scheme, VerifyToken, WebhookError, WebhookReason, WebhookVerifier};
use campotech_testkit::RecordingObserver;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use crate::{BODY, OLD_SECRET, QUERY, SECRET, headers, signed, verifier};

fn refused(scheme: Scheme, headers: &HeaderMap) -> Option<WebhookReason> {
    verifier(scheme).verify(headers, QUERY, &BODY).err().map(WebhookError::reason)
}

/// The headers with one of them changed.
fn with(headers: &HeaderMap, name: &HeaderName, value: &str) -> HeaderMap {
    let mut headers = headers.clone();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

#[test]
fn what_is_signed_here_is_verified_here() {
    for scheme in Scheme::ALL {
        assert_eq!(refused(scheme, &signed(scheme)), None, "{scheme:?}");
    }
    assert_eq!(verifier(Scheme::GitHub).sign("a b", b"").unwrap_err().code(), "header");
    assert_eq!(verifier(Scheme::StandardWebhooks).sign("a.b", b"").unwrap_err().code(), "header");
    assert_eq!(verifier(Scheme::MercadoPago).sign("a;b", b"").unwrap_err().code(), "header");
    assert_eq!(WebhookVerifier::unconfigured(Scheme::Meta).sign("", b"").unwrap_err().code(), "empty_secret");
}

#[test]
fn a_header_that_is_not_there_or_there_twice_is_refused() {
    for scheme in Scheme::ALL {
        let given = signed(scheme);
        for name in given.keys() {
            let mut less = given.clone();
            less.remove(name);
            let optional = name == "x-github-delivery";
            let expected = match scheme {
                _ if optional => None,
                // Its template is another one without.
                Scheme::MercadoPago if name == "x-request-id" => Some(WebhookReason::Mismatch),
                _ => Some(WebhookReason::Missing),
            };
            assert_eq!(refused(scheme, &less), expected, "{scheme:?} without {name}");
            let mut more = given.clone();
            more.append(name, given[name].clone());
            assert_eq!(refused(scheme, &more), Some(WebhookReason::Malformed), "{scheme:?} {name} twice");
            let long = with(&given, name, &"a".repeat(1_025));
            assert_eq!(refused(scheme, &long), Some(WebhookReason::Malformed), "{scheme:?} long {name}");
        }
        assert_eq!(refused(scheme, &HeaderMap::new()), Some(WebhookReason::Missing));
    }
}

#[test]
fn what_is_no_signature_is_malformed() {
    for scheme in Scheme::ALL {
        let given = signed(scheme);
        let header = scheme.signature_header();
        let value = given[&header].to_str().unwrap().to_owned();
        let (front, tag) = value.split_at(value.rfind(['=', ',']).unwrap_or(0).min(value.len() - 44));
        let mut bad = vec![
            String::new(),
            tag.to_owned(),
            front.to_owned(),
            value[..value.len() - 1].to_owned(),
            format!("{value}0"),
            format!("{value},"),
            value.replace("sha256=", "sha1=").replace("v1", "v2"),
        ];
        if matches!(scheme, Scheme::Meta | Scheme::GitHub) {
            bad.extend([
                format!(" {value}"),
                value.replace("sha256=", "sha256= "),
                value.replace("sha256=", "SHA256="),
                format!("{value},{value}"),
                format!("sha256={}g", &value[7..70]),
                format!("sha256=+{}", &value[8..]),
            ]);
        }
        if scheme == Scheme::StandardWebhooks {
            bad.extend([value.replace('=', ""), value.replace(',', ""), [&*value; 9].join(" ")]);
        }
        if matches!(scheme, Scheme::MercadoPago | Scheme::Stripe) {
            let (time, tag) = value.split_once(',').unwrap();
            bad.extend([
                time.to_owned(),
                tag.to_owned(),
                format!("{time},{value}"),
                format!("{time}00000,{tag}"),
                format!("{},{tag}", time.replace('=', "=-")),
                format!("{},{tag}", time.replace('=', "=+")),
                format!("{value};"),
                format!("{time},{}", [tag; 9].join(",")),
            ]);
        }
        for bad in bad {
            let reason = refused(scheme, &with(&given, &header, &bad));
            assert_eq!(reason, Some(WebhookReason::Malformed), "{scheme:?} {bad}");
        }
        let mut bytes = given.clone();
        bytes.insert(&header, HeaderValue::from_bytes(b"sha256=\xff").unwrap());
        assert_eq!(refused(scheme, &bytes), Some(WebhookReason::Malformed));
    }
}

#[test]
fn one_signature_has_one_reading() {
    // What joins the pieces must not be in one: `id:1;request-id:a;ts:...` could be cut in two ways.
    let mercado_pago = verifier(Scheme::MercadoPago);
    let mut given = mercado_pago.sign("a", b"").unwrap();
    given.remove("x-request-id");
    let reason = |query: &str| mercado_pago.verify(&given, Some(query), &BODY).unwrap_err().reason();
    assert_eq!(reason("data.id=a%3Brequest-id%3Aa"), WebhookReason::Malformed);
    for query in
        ["data.id=", "data.id=a%20b", "data.id=%C3%B1", "data.id=a&data.id=a", "data%2Eid=a&data.id=a"]
    {
        assert_eq!(reason(query), WebhookReason::Malformed, "{query}");
    }
    assert_eq!(reason(&format!("data.id={}", "1".repeat(257))), WebhookReason::Malformed);
    assert_eq!(reason(&format!("x={}&data.id=a", "1".repeat(4_096))), WebhookReason::Malformed);
    for query in ["", "id=a", "data_id=a", "DATA.ID=a"] {
        assert_eq!(reason(query), WebhookReason::Missing, "{query}");
    }
    assert_eq!(
        mercado_pago.verify(&given, None, &BODY).unwrap_err().reason(),
        WebhookReason::Missing,
        "no query"
    );

    // `id.time.body` as `id`, `time` and another body.
    let given = headers(&[
        ("webhook-id", "a.1"),
        ("webhook-timestamp", "1"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ]);
    assert_eq!(refused(Scheme::StandardWebhooks, &given), Some(WebhookReason::Malformed));
}

#[test]
fn clocks_may_differ_by_five_minutes_either_way() {
    for scheme in Scheme::ALL {
        let clock = ManualClock::new();
        let sender = verifier(scheme).with_clock(clock.clone());
        let receiver = verifier(scheme).with_clock(clock.clone());
        let old = sender.sign("del-1", &BODY).unwrap();
        // Times are whole seconds, rounded down.
        clock.advance(Duration::from_secs(299));
        assert!(receiver.verify(&old, QUERY, &BODY).is_ok(), "{scheme:?}");
        clock.advance(Duration::from_secs(2));
        let reason = receiver.verify(&old, QUERY, &BODY).err().map(WebhookError::reason);
        assert_eq!(reason, scheme.signs_time().then_some(WebhookReason::Stale), "{scheme:?}");

        // The other way round: the receiver's clock stays behind.
        let ahead = sender.sign("del-1", &BODY).unwrap();
        let behind = verifier(scheme).with_clock(ManualClock::new());
        let reason = behind.verify(&ahead, QUERY, &BODY).err().map(WebhookError::reason);
        assert_eq!(reason, scheme.signs_time().then_some(WebhookReason::Early), "{scheme:?}");
        let patient = behind.with_tolerance(Duration::from_secs(310)).unwrap();
        assert!(patient.verify(&ahead, QUERY, &BODY).is_ok(), "{scheme:?}");
    }
}

#[test]
fn two_secrets_live_while_one_is_rotated() {
    for scheme in Scheme::ALL {
        let old = WebhookVerifier::new(scheme, OLD_SECRET).unwrap();
        let both = verifier(scheme).with_previous(OLD_SECRET).unwrap();
        let by = |sender: &WebhookVerifier| {
            let verified = both.verify(&sender.sign("del-1", &BODY).unwrap(), QUERY, &BODY);
            verified.map(|verified| verified.by_previous_secret())
        };
        assert_eq!(by(&verifier(scheme)), Ok(false));
        assert_eq!(by(&old), Ok(true));
        let new = both.sign("del-1", &BODY).unwrap();
        assert!(verifier(scheme).verify(&new, QUERY, &BODY).is_ok(), "it signs with the current one");
        let third = WebhookVerifier::new(scheme, OLD_SECRET.replace("b29v", "b29w")).unwrap();
        assert_eq!(by(&third).unwrap_err().reason(), WebhookReason::Mismatch);
    }
}

#[test]
fn misconfiguration_is_refused_and_no_secret_is_shown() {
    let new = |scheme, secret: &str| WebhookVerifier::new(scheme, secret).map(drop);
    for scheme in Scheme::ALL {
        assert_eq!(new(scheme, ""), Err(ConfigError::EmptySecret("webhook secret")), "{scheme:?}");
        assert_eq!(verifier(scheme).with_previous("").unwrap_err().code(), "empty_secret");
    }
    for short in ["whsec_", "whsec_MTIz", "not base64!", "whsec_a2tra2tra2tra2tra2tra2tra2tra2s"] {
        assert_eq!(new(Scheme::StandardWebhooks, short).unwrap_err().code(), "range", "{short}");
    }
    let meta = || verifier(Scheme::Meta);
    for wrong in [0, 86_401] {
        assert_eq!(meta().with_tolerance(Duration::from_secs(wrong)).unwrap_err().code(), "range");
    }
    for wrong in [599, 31 * 86_400] {
        assert_eq!(meta().with_replay_window(Duration::from_secs(wrong)).unwrap_err().code(), "range");
    }
    let orphan = WebhookVerifier::unconfigured(Scheme::Meta).with_previous("x");
    assert_eq!(orphan.unwrap_err().code(), "empty_secret");
    assert_eq!(VerifyToken::new("").unwrap_err(), ConfigError::EmptySecret("verify token"));

    let meta = WebhookVerifier::new(Scheme::Meta, "hunter2").unwrap().with_previous("hunter1").unwrap();
    let shown = format!("{meta:?} {:?}", VerifyToken::new("hunter3").unwrap());
    assert!(!shown.contains("hunter") && shown.contains("***"), "{shown}");
}

#[test]
fn without_a_secret_nobody_is_believed() {
    for scheme in Scheme::ALL {
        let error = WebhookVerifier::unconfigured(scheme).verify(&signed(scheme), QUERY, &BODY).unwrap_err();
        assert_eq!((error.code(), error.problem().status().as_u16()), ("not_configured", 503));
    }
}

#[test]
fn a_coding_and_too_large_a_body_are_refused_first() {
    for scheme in Scheme::ALL {
        let mut given = signed(scheme);
        given.insert("content-encoding", HeaderValue::from_static("Identity"));
        assert_eq!(refused(scheme, &given), None);
        given.append("content-encoding", HeaderValue::from_static("gzip"));
        let error = verifier(scheme).verify(&given, QUERY, &BODY).unwrap_err();
        let answer = error.problem().into_response_in(Language::En, None);
        assert_eq!((error.reason(), answer.status().as_u16()), (WebhookReason::Coding, 415));
        assert_eq!(answer.headers()["accept-encoding"], "identity");

        let small = verifier(scheme).with_max_body(BODY.len() - 1);
        let error = small.verify(&signed(scheme), QUERY, &BODY).unwrap_err();
        assert_eq!((error.reason(), error.problem().status().as_u16()), (WebhookReason::Size, 413));
        let fits = verifier(scheme).with_max_body(BODY.len());
        assert!(fits.verify(&signed(scheme), QUERY, &BODY).is_ok());
    }
}

#[test]
fn decisions_are_reported_and_every_refusal_looks_the_same() {
    let observer = RecordingObserver::default();
    let clock = ManualClock::new();
    let old = verifier(Scheme::Stripe).with_clock(clock.clone()).sign("", &BODY).unwrap();
    clock.advance(Duration::from_secs(400));
    let stripe = verifier(Scheme::Stripe).with_clock(clock).with_observer(Arc::new(observer.clone()));
    let good = stripe.sign("", &BODY).unwrap();
    stripe.verify(&good, None, &BODY).unwrap();
    let mut problems = Vec::new();
    let header = Scheme::Stripe.signature_header();
    for (headers, body) in [
        (HeaderMap::new(), BODY),
        (with(&good, &header, "x"), BODY),
        (good.clone(), Bytes::from_static(b"other")),
        (old, BODY),
    ] {
        let error = stripe.verify(&headers, None, &body).unwrap_err();
        problems.push(error.problem().into_response_in(Language::En, None));
    }
    assert_eq!(
        observer.lines(),
        [
            "decision webhook allowed ok",
            "decision webhook refused missing",
            "decision webhook refused malformed",
            "decision webhook refused mismatch",
            "decision webhook refused stale",
        ]
    );
    for problem in &problems {
        assert_eq!(problem.status(), 401);
        assert_eq!(problem.headers()["www-authenticate"], "Stripe-Signature");
        assert_eq!(problem.body(), problems[0].body());
    }
}

proptest! {
    #[test]
    fn a_changed_byte_is_noticed(
        scheme in prop::sample::select(Scheme::ALL.to_vec()),
        body in proptest::collection::vec(any::<u8>(), 1..300),
        at: prop::sample::Index,
        flip in 1_u8..,
    ) {
        let (verifier, body) = (verifier(scheme), Bytes::from(body));
        let given = verifier.sign("del-1", &body).unwrap();
        prop_assert!(verifier.verify(&given, QUERY, &body).is_ok());
        let mut changed = body.to_vec();
        changed[at.index(body.len())] ^= flip;
        let verified = verifier.verify(&given, QUERY, &changed.into());
        prop_assert_eq!(verified.is_ok(), !scheme.signs_body());
    }

    #[test]
    fn no_header_breaks_it(
        scheme in prop::sample::select(Scheme::ALL.to_vec()),
        values in proptest::collection::vec("[ -~]{0,80}|(t|ts|v1)=[0-9a-f]{0,70},(t|ts|v1)=[0-9a-f]{0,70}|v1,[A-Za-z0-9+/=]{44}", 4),
        query in "(data.id=[ -~]{0,20}&?){0,2}",
    ) {
        let names = [scheme.signature_header().as_str().to_owned(), "x-request-id".into(), "webhook-id".into(), "webhook-timestamp".into()];
        let mut given = HeaderMap::new();
        for (name, value) in names.iter().zip(&values) {
            given.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        prop_assert!(verifier(scheme).verify(&given, Some(&query), &BODY).is_err());
    }
}

#[test]
fn they_are_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<WebhookVerifier>();
    assert_eq!(format!("{}", WebhookReason::Replayed), "the request was here before");
    assert_ne!(SECRET, OLD_SECRET);
}
