//! The layer: what reaches the service inside, and what becomes of the place in the store.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use campotech_core::{Mode, RawBody};
use campotech_security::payload::PayloadLayer;
use campotech_security::webhook::replay::InMemoryReplays;
use campotech_security::webhook::{Scheme, VerifiedWebhook, WebhookLayer, WebhookVerifier};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

use crate::{BODY, signed, verifier};

type Answer = Response<Full<Bytes>>;

/// Answers what it is told to, and keeps what it saw.
#[derive(Debug, Clone, Default)]
struct Inside {
    seen: Arc<Mutex<Vec<Option<VerifiedWebhook>>>>,
    /// 0 is 200.
    status: Arc<AtomicUsize>,
    /// Where there is one, answers wait for it.
    gate: Option<Arc<Notify>>,
}

impl Inside {
    fn service(
        &self,
    ) -> impl tower::Service<Request<Full<Bytes>>, Response = Answer, Error = Infallible, Future: Send>
    + Clone
    + Send
    + use<> {
        let inside = self.clone();
        service_fn(move |request: Request<Full<Bytes>>| {
            let inside = inside.clone();
            async move {
                inside.seen.lock().unwrap().push(request.extensions().get().cloned());
                if let Some(gate) = &inside.gate {
                    gate.notified().await;
                }
                let status = u16::try_from(inside.status.load(Ordering::Relaxed).max(200)).unwrap();
                let mut answer = Response::new(Full::from("taken"));
                *answer.status_mut() = StatusCode::from_u16(status).unwrap();
                Ok(answer)
            }
        })
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn remembering(scheme: Scheme) -> WebhookVerifier<InMemoryReplays> {
    verifier(scheme).with_replays(InMemoryReplays::new(NonZeroUsize::new(100).unwrap()))
}

/// Behind the payload layer.
fn post(headers: HeaderMap) -> Request<Full<Bytes>> {
    let mut request = Request::post("/hook?data.id=del-1").body(Full::new(BODY)).unwrap();
    *request.headers_mut() = headers;
    request.extensions_mut().insert(RawBody(BODY));
    request
}

#[tokio::test]
async fn what_is_verified_passes_with_what_is_vouched_for() {
    for scheme in Scheme::ALL {
        let inside = Inside::default();
        let service = WebhookLayer::new(verifier(scheme)).layer(inside.service());
        assert_eq!(service.clone().oneshot(post(signed(scheme))).await.unwrap().status(), 200);
        let seen = inside.seen.lock().unwrap().pop().unwrap().unwrap();
        assert_eq!((seen.scheme(), seen.body().is_some()), (scheme, scheme.signs_body()));

        let answer = service.oneshot(post(HeaderMap::new())).await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert!(answer.headers().contains_key("www-authenticate"));
        assert_eq!(inside.calls(), 0);
    }
}

#[tokio::test]
async fn a_replay_is_refused_or_acknowledged_and_not_seen() {
    for (acknowledges, status) in [(false, 401), (true, 200)] {
        let (inside, observer) = (Inside::default(), RecordingObserver::default());
        let layer = WebhookLayer::new(remembering(Scheme::Meta).with_observer(Arc::new(observer.clone())));
        let layer = if acknowledges { layer.with_replays_acknowledged() } else { layer };
        let service = layer.layer(inside.service());
        assert_eq!(service.clone().oneshot(post(signed(Scheme::Meta))).await.unwrap().status(), 200);
        let again = service.oneshot(post(signed(Scheme::Meta))).await.unwrap();
        assert_eq!(again.status(), status);
        let body = again.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.is_empty(), acknowledges);
        assert_eq!(inside.calls(), 1);
        assert_eq!(observer.lines(), ["decision webhook allowed ok", "decision webhook refused replayed"]);
    }
}

#[tokio::test]
async fn what_the_service_did_not_take_may_come_again() {
    let inside = Inside::default();
    let service = WebhookLayer::new(remembering(Scheme::GitHub)).layer(inside.service());
    let send =
        || async { service.clone().oneshot(post(signed(Scheme::GitHub))).await.unwrap().status().as_u16() };
    for status in [503, 500, 422] {
        inside.status.store(status, Ordering::Relaxed);
        assert_eq!(usize::from(send().await), status);
    }
    inside.status.store(0, Ordering::Relaxed);
    assert_eq!((send().await, send().await), (200, 401));
    assert_eq!(inside.calls(), 4);
}

#[tokio::test]
async fn of_two_at_once_one_is_seen_and_a_dropped_one_is_as_if_it_had_never_been() {
    let gate = Arc::new(Notify::new());
    let inside = Inside { gate: Some(Arc::clone(&gate)), ..Inside::default() };
    let service = WebhookLayer::new(remembering(Scheme::Meta)).layer(inside.service());
    let send = || service.clone().oneshot(post(signed(Scheme::Meta)));
    let mut first = Box::pin(send());
    assert!(futures(&mut first).is_none());
    assert_eq!(send().await.unwrap().status(), 409);
    drop(first);
    let mut second = Box::pin(send());
    assert!(futures(&mut second).is_none());
    gate.notify_one();
    assert_eq!(second.await.unwrap().status(), 200);
    assert_eq!(send().await.unwrap().status(), 401);
    assert_eq!(inside.calls(), 2);
}

/// Polls once.
fn futures<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut cx) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn what_is_only_reported_passes_without_being_vouched_for() {
    let (inside, observer) = (Inside::default(), RecordingObserver::default());
    let verifier = remembering(Scheme::Meta).with_observer(Arc::new(observer.clone()));
    let service = WebhookLayer::new(verifier).with_mode(Mode::ReportOnly).layer(inside.service());
    for headers in [HeaderMap::new(), signed(Scheme::Meta), signed(Scheme::Meta)] {
        assert_eq!(service.clone().oneshot(post(headers)).await.unwrap().status(), 200);
    }
    let seen: Vec<_> = inside.seen.lock().unwrap().iter().map(Option::is_some).collect();
    assert_eq!(seen, [false, true, false]);
    assert_eq!(
        observer.lines(),
        [
            "decision webhook reported missing",
            "decision webhook allowed ok",
            "decision webhook reported replayed"
        ]
    );
}

#[tokio::test]
async fn a_body_that_nobody_read_is_the_services_own_fault() {
    let inside = Inside::default();
    let service = WebhookLayer::new(verifier(Scheme::Meta)).layer(inside.service());
    let mut unread = post(signed(Scheme::Meta));
    unread.extensions_mut().remove::<RawBody>();
    assert_eq!(service.clone().oneshot(unread).await.unwrap().status(), 500);

    let mut empty = Request::post("/hook").body(Full::default()).unwrap();
    *empty.headers_mut() = verifier(Scheme::Meta).sign("", b"").unwrap();
    assert_eq!(service.oneshot(empty).await.unwrap().status(), 200);
    assert_eq!(inside.calls(), 1);
}

#[tokio::test]
async fn it_works_under_bare_hyper_behind_the_payload_layer() {
    let payload = PayloadLayer::<Full<Bytes>>::new(1_000).without_decoding_for("/hook").unwrap();
    let service = WebhookLayer::new(remembering(Scheme::Stripe)).layer(Inside::default().service());
    let server = HyperServer::start(payload.layer(service)).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let headers = signed(Scheme::Stripe);
    let signature = headers["stripe-signature"].to_str().unwrap();
    let (body, length) = (std::str::from_utf8(BODY.as_ref()).unwrap().to_owned(), BODY.len());
    for (signature, status) in [("t=1,v1=00", 401), (signature, 200), (signature, 401)] {
        let head = format!(
            "POST /hook HTTP/1.1\r\nhost: a\r\nstripe-signature: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.send(head).await.unwrap();
        assert_eq!(connection.receive().await.unwrap().status, status);
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_beside_the_handshake() {
    use axum::Extension;
    use axum::extract::RawQuery;
    use axum::routing::{get, post};
    use campotech_security::webhook::{HandshakeError, VerifyToken};

    let token = VerifyToken::new("token").unwrap();
    let handshake = move |RawQuery(query): RawQuery| async move {
        token.handshake(query.as_deref()).map_err(HandshakeError::problem)
    };
    let callback = |Extension(webhook): Extension<VerifiedWebhook>| async move {
        format!("{} bytes", webhook.body().map_or(0, Bytes::len))
    };
    let callback = post(callback).layer(WebhookLayer::new(verifier(Scheme::Meta)));
    let router = axum::Router::new().route("/", get(handshake).merge(callback));
    let router = router.layer(PayloadLayer::<axum::body::Body>::new(1_000));
    let send = |headers: HeaderMap| {
        let mut request = Request::post("/").body(axum::body::Body::from(BODY)).unwrap();
        *request.headers_mut() = headers;
        router.clone().oneshot(request)
    };
    let answer = send(signed(Scheme::Meta)).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "7 bytes");
    assert_eq!(send(HeaderMap::new()).await.unwrap().status(), 401);
    for (token, status) in [("token", 200), ("other", 403)] {
        let query = format!("/?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42");
        let request = Request::get(query).body(axum::body::Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status);
    }
}

#[test]
fn it_is_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<WebhookLayer<InMemoryReplays>>();
}
