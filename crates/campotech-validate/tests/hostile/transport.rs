//! What is decided before and while a body arrives, at every entry point that reads one.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::post;
use bytes::Bytes;
use campotech_validate::{
    Limits, ValidForm, ValidJson, ValidMultipart, ValidateLayer, layer::ValidateBody, request,
};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

use super::{Message, Target};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

/// A body of many chunks that counts those which somebody asked for.
struct Chunks {
    chunk: Bytes,
    /// None: it never ends.
    left: Option<usize>,
    declared: bool,
    taken: Arc<AtomicUsize>,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        self.left = self.left.map(|left| left - 1);
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))))
    }

    fn size_hint(&self) -> SizeHint {
        match self.left.filter(|_| self.declared) {
            Some(left) => SizeHint::with_exact((left * self.chunk.len()) as u64),
            None => SizeHint::default(),
        }
    }
}

/// How a body of these chunks ends at each entry point: its status and how many chunks were read.
async fn ask(
    headers: &HeaderMap,
    limits: Limits,
    chunks: impl Fn(Arc<AtomicUsize>) -> Chunks,
    media: &str,
) -> Vec<(u16, usize)> {
    let request = || {
        let taken = Arc::new(AtomicUsize::new(0));
        let mut request = Request::post("/").body(chunks(taken.clone())).unwrap();
        *request.headers_mut() = headers.clone();
        request.extensions_mut().insert(limits);
        (request, taken)
    };
    let mut told = Vec::new();
    let (function, taken) = request();
    let (parts, body) = function.into_parts();
    let read = match media {
        JSON => request::read_json::<Target, _>(&parts, body).await.map(drop),
        FORM => request::read_form::<Target, _>(&parts, body).await.map(drop),
        _ => request::read_multipart::<Message, _>(&parts, body).await.map(drop),
    };
    told.push((
        read.map_or_else(|rejection| rejection.status().as_u16(), |()| 200),
        taken.load(Ordering::Relaxed),
    ));

    let app = Router::new().route(
        "/",
        match media {
            JSON => post(|_: ValidJson<Target>| async {}),
            FORM => post(|_: ValidForm<Target>| async {}),
            _ => post(|_: ValidMultipart<Message>| async {}),
        },
    );
    let (extracted, taken) = request();
    let answer = app.oneshot(extracted.map(AxumBody::new)).await.unwrap_or_else(|never| match never {});
    told.push((answer.status().as_u16(), taken.load(Ordering::Relaxed)));

    if media == JSON {
        let inner = service_fn(|_: Request<ValidateBody<Chunks>>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        let (layered, taken) = request();
        let answer = ValidateLayer::<Target>::new().layer(inner).oneshot(layered).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        told.push((answer.status().as_u16(), taken.load(Ordering::Relaxed)));
    }
    told
}

fn headers(values: &[(header::HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_buffered() {
    let chunk = Bytes::from(vec![b'x'; 16 * 1024]);
    let limits = Limits::new().with_bytes(64 * 1024);
    for media in [JSON, FORM, MULTIPART] {
        let sent = headers(&[(header::CONTENT_TYPE, media)]);
        let body = |left: Option<usize>, declared: bool| {
            let chunk = chunk.clone();
            move |taken| Chunks { chunk: chunk.clone(), left, declared, taken }
        };
        // 10 MB that say so, 10 MB that don't, and a body without end.
        let declared = ask(&sent, limits, body(Some(640), true), media).await;
        assert!(declared.iter().all(|told| *told == (413, 0)), "{media}: {declared:?}");
        for left in [Some(640), None] {
            let streamed = ask(&sent, limits, body(left, false), media).await;
            assert!(streamed.iter().all(|told| *told == (413, 5)), "{media}: {streamed:?}");
        }
    }
}

#[tokio::test]
async fn an_audio_of_60_mb_ends_at_the_16_of_its_route() {
    let chunk = Bytes::from(vec![0; 1024 * 1024]);
    let sent = headers(&[(header::CONTENT_TYPE, MULTIPART)]);
    let limits = Limits::new().with_bytes(16 * 1024 * 1024);
    let body = |taken| Chunks { chunk: chunk.clone(), left: Some(60), declared: false, taken };
    assert_eq!(ask(&sent, limits, body, MULTIPART).await, [(413, 17); 2]);
}

#[tokio::test]
async fn headers_are_judged_before_a_byte_is_read() {
    let body = |taken| Chunks { chunk: Bytes::from_static(b"{}"), left: None, declared: false, taken };
    for media in [JSON, FORM, MULTIPART] {
        let typed = |value: &'static str| (header::CONTENT_TYPE, value);
        let utf_7 = format!("{media}; charset=utf-7");
        for sent in [
            headers(&[]),
            headers(&[typed("text/json")]),
            headers(&[typed("text/plain")]),
            headers(&[(header::CONTENT_TYPE, &utf_7)]),
            headers(&[(header::CONTENT_TYPE, media), (header::CONTENT_TYPE, media)]),
            // Nothing is inflated here, so that no bomb goes off: whoever does it in front takes the coding away.
            headers(&[(header::CONTENT_TYPE, media), (header::CONTENT_ENCODING, "gzip")]),
            headers(&[(header::CONTENT_TYPE, media), (header::CONTENT_ENCODING, "identity, br")]),
        ] {
            let told = ask(&sent, Limits::new(), body, media).await;
            assert!(told.iter().all(|told| *told == (415, 0)), "{media} {sent:?}: {told:?}");
        }
    }
    let unbounded = headers(&[(header::CONTENT_TYPE, "multipart/form-data")]);
    assert_eq!(ask(&unbounded, Limits::new(), body, MULTIPART).await, [(400, 0); 2]);
}

#[tokio::test]
async fn deep_json_is_answered_at_every_entry_point() {
    let sent = headers(&[(header::CONTENT_TYPE, JSON)]);
    for text in ["[".repeat(100_000), r#"{"a":"#.repeat(40_000)] {
        let body = |taken| Chunks { chunk: text.clone().into(), left: Some(1), declared: true, taken };
        assert_eq!(ask(&sent, Limits::new(), body, JSON).await, [(400, 1); 3]);
    }
}
