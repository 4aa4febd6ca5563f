//! Requests that were here before.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::ManualClock;
use campotech_security::webhook::replay::{Claim, InMemoryReplays, ReplayFault, ReplayStore, Ticket};
use campotech_security::webhook::{Scheme, WebhookReason, WebhookVerifier};
use campotech_testkit::RecordingObserver;
use http::HeaderMap;

use crate::{At, BODY, OLD_SECRET, QUERY, SECRET, signed, verifier};

type Remembering = WebhookVerifier<InMemoryReplays<ManualClock>, ManualClock>;

fn remembering(scheme: Scheme, max: usize, clock: &ManualClock) -> Remembering {
    let store = InMemoryReplays::new(NonZeroUsize::new(max).unwrap()).with_clock(clock.clone());
    verifier(scheme).with_replays(store).with_clock(clock.clone())
}

async fn admit<R: ReplayStore>(
    verifier: &WebhookVerifier<R, ManualClock>,
    headers: &HeaderMap,
) -> Option<WebhookReason> {
    match verifier.admit(headers, QUERY, &BODY).await {
        Ok(admission) => {
            admission.settle();
            None
        }
        Err(error) => Some(error.reason()),
    }
}

#[tokio::test]
async fn what_was_taken_is_refused_for_as_long_as_its_time_is_tolerated() {
    for scheme in Scheme::ALL {
        let clock = ManualClock::new();
        let verifier = remembering(scheme, 100, &clock);
        let given = verifier.sign("del-1", &BODY).unwrap();
        assert_eq!(admit(&verifier, &given).await, None, "{scheme:?}");
        for _ in 0..3 {
            assert_eq!(admit(&verifier, &given).await, Some(WebhookReason::Replayed), "{scheme:?}");
            clock.advance(Duration::from_secs(99));
        }
        clock.advance(Duration::from_secs(304));
        let later = admit(&verifier, &given).await;
        // Without a time the window is all there is: handlers look at ids.
        assert_eq!(later, scheme.signs_time().then_some(WebhookReason::Stale), "{scheme:?}");
    }
}

#[tokio::test]
async fn a_time_to_come_is_remembered_until_it_is_too_old() {
    let clock = ManualClock::new();
    let store = InMemoryReplays::new(NonZeroUsize::new(10).unwrap()).with_clock(clock.clone());
    let store = Arc::new(store);
    let at = |second| verifier(Scheme::Stripe).with_clock(At(second)).with_replays(Arc::clone(&store));
    let given = at(1_300).sign("", &BODY).unwrap();
    at(1_000).admit(&given, None, &BODY).await.unwrap().settle();
    clock.advance(Duration::from_secs(600));
    let reason = at(1_600).admit(&given, None, &BODY).await.unwrap_err().reason();
    assert_eq!(reason, WebhookReason::Replayed);
    assert_eq!(at(1_601).verify(&given, None, &BODY).unwrap_err().reason(), WebhookReason::Stale);
}

#[tokio::test]
async fn what_is_not_signed_does_not_make_it_another_request() {
    let clock = ManualClock::new();
    let github = remembering(Scheme::GitHub, 100, &clock);
    let mut given = github.sign("del-1", &BODY).unwrap();
    assert_eq!(admit(&github, &given).await, None);
    given.insert("x-github-delivery", "del-2".parse().unwrap());
    assert_eq!(admit(&github, &given).await, Some(WebhookReason::Replayed));

    let mercado_pago = remembering(Scheme::MercadoPago, 100, &clock);
    let given = mercado_pago.sign("del-1", &BODY).unwrap();
    assert_eq!(admit(&mercado_pago, &given).await, None);
    let other = mercado_pago.admit(&given, Some("data.id=DEL-1&x=y"), &Bytes::from_static(b"other")).await;
    assert_eq!(other.unwrap_err().reason(), WebhookReason::Replayed);
}

#[tokio::test]
async fn the_other_of_two_signatures_does_not_make_it_another_request() {
    // Signed under both secrets while the sender rotates; a replay keeps only the older one.
    let clock = ManualClock::new();
    let both = remembering(Scheme::Stripe, 100, &clock).with_previous(OLD_SECRET).unwrap();
    let new = verifier(Scheme::Stripe).with_clock(clock.clone()).sign("", &BODY).unwrap();
    let old = WebhookVerifier::new(Scheme::Stripe, OLD_SECRET).unwrap().with_clock(clock.clone());
    let old = old.sign("", &BODY).unwrap();
    assert_eq!(admit(&both, &new).await, None);
    assert_eq!(admit(&both, &old).await, Some(WebhookReason::Replayed));
}

#[tokio::test]
async fn a_repeated_delivery_of_standard_webhooks_is_known_by_its_id() {
    let clock = ManualClock::new();
    let standard = remembering(Scheme::StandardWebhooks, 100, &clock);
    assert_eq!(admit(&standard, &standard.sign("msg_1", &BODY).unwrap()).await, None);
    clock.advance(Duration::from_secs(5));
    let again = standard.sign("msg_1", &BODY).unwrap();
    assert_eq!(admit(&standard, &again).await, Some(WebhookReason::Replayed));
    assert_eq!(admit(&standard, &standard.sign("msg_2", &BODY).unwrap()).await, None);
}

#[tokio::test]
async fn what_was_not_dealt_with_may_come_again() {
    let clock = ManualClock::new();
    let meta = remembering(Scheme::Meta, 100, &clock);
    let given = meta.sign("", &BODY).unwrap();
    let admission = meta.admit(&given, None, &BODY).await.unwrap();
    assert_eq!(admission.webhook().body(), Some(&BODY));
    let beside = meta.admit(&given, None, &BODY).await.unwrap_err();
    assert_eq!((beside.reason(), beside.problem().status().as_u16()), (WebhookReason::UnderWay, 409));
    drop(admission);
    assert_eq!(admit(&meta, &given).await, None);
    assert_eq!(admit(&meta, &given).await, Some(WebhookReason::Replayed));
}

/// A store whose answer never comes, though it has made the claim.
#[derive(Debug)]
struct Mute(Arc<InMemoryReplays<ManualClock>>);

impl ReplayStore for Mute {
    type Claiming = Pin<Box<dyn Future<Output = Result<Claim, ReplayFault>> + Send>>;

    fn claim(&self, ticket: Ticket, window: Duration) -> Self::Claiming {
        let claiming = self.0.claim(ticket, window);
        Box::pin(async move {
            claiming.await?;
            std::future::pending().await
        })
    }

    fn settle(&self, ticket: Ticket, window: Duration) {
        self.0.settle(ticket, window);
    }

    fn release(&self, ticket: Ticket) {
        self.0.release(ticket);
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_request_went_away_ends_after_two_minutes() {
    let clock = ManualClock::new();
    let store = InMemoryReplays::new(NonZeroUsize::new(10).unwrap()).with_clock(clock.clone());
    let store = Arc::new(store);
    let mute = verifier(Scheme::Meta).with_clock(clock.clone()).with_replays(Mute(Arc::clone(&store)));
    let given = mute.sign("", &BODY).unwrap();
    assert!(tokio::time::timeout(Duration::ZERO, mute.admit(&given, QUERY, &BODY)).await.is_err());
    let meta = verifier(Scheme::Meta).with_clock(clock.clone()).with_replays(store);
    clock.advance(Duration::from_secs(119));
    assert_eq!(admit(&meta, &given).await, Some(WebhookReason::UnderWay));
    clock.advance(Duration::from_secs(1));
    assert_eq!(admit(&meta, &given).await, None);
    // What was taken is known for the whole window.
    clock.advance(Duration::from_secs(600));
    assert_eq!(admit(&meta, &given).await, Some(WebhookReason::Replayed));
}

#[tokio::test]
async fn only_what_is_signed_takes_a_place_and_a_full_store_is_closed() {
    let clock = ManualClock::new();
    let observer = RecordingObserver::default();
    let meta = remembering(Scheme::Meta, 1, &clock).with_observer(Arc::new(observer.clone()));
    for _ in 0..10 {
        assert_eq!(admit(&meta, &HeaderMap::new()).await, Some(WebhookReason::Missing));
    }
    let first = meta.sign("", &BODY).unwrap();
    assert_eq!(admit(&meta, &first).await, None);
    let (body, second) = (Bytes::from_static(b"2"), meta.sign("", b"2").unwrap());
    let error = meta.admit(&second, None, &body).await.unwrap_err();
    assert_eq!((error.reason(), error.problem().status().as_u16()), (WebhookReason::StoreFull, 503));
    assert_eq!(admit(&meta, &first).await, Some(WebhookReason::Replayed));

    let open = meta.with_dangerous_admission_without_store();
    assert!(open.admit(&second, None, &body).await.is_ok());
    let lines = observer.lines();
    assert_eq!(
        lines[lines.len() - 2..],
        ["decision webhook reported store_full", "decision webhook allowed ok"]
    );
    clock.advance(Duration::from_secs(601));
    assert!(open.admit(&second, None, &body).await.is_ok());
}

#[derive(Debug)]
struct Away;

impl ReplayStore for Away {
    type Claiming = std::future::Ready<Result<Claim, ReplayFault>>;

    fn claim(&self, _: Ticket, _: Duration) -> Self::Claiming {
        std::future::ready(Err(ReplayFault::Unavailable))
    }

    fn settle(&self, _: Ticket, _: Duration) {
        unreachable!("nothing was claimed");
    }

    fn release(&self, _: Ticket) {
        unreachable!("nothing was claimed");
    }
}

#[tokio::test]
async fn a_store_of_ones_own_that_is_away_is_closed() {
    let meta = WebhookVerifier::new(Scheme::Meta, SECRET).unwrap().with_replays(Arc::new(Away));
    let given = signed(Scheme::Meta);
    let error = meta.admit(&given, None, &BODY).await.unwrap_err();
    assert_eq!((error.code(), error.problem().status().as_u16()), ("store", 503));
    let open = meta.with_dangerous_admission_without_store();
    open.admit(&given, None, &BODY).await.unwrap().settle();
}
