//! Cross-site writes are refused, everybody else's are not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;

use campotech_core::{AnswerBody, Mode, RequestId};
use campotech_security::cors::OriginList;
use campotech_security::csrf::CsrfLayer;
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const HOST: (&str, &str) = ("host", "api.example.com");

fn layer() -> CsrfLayer {
    CsrfLayer::new()
        .with_trusted_origins(OriginList::parse("https://app.example.com,https://*.example.org").unwrap())
}

fn request(method: &str, uri: &str, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(uri).body(()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
    }
    request
}

async fn answer(layer: CsrfLayer, request: Request<()>) -> Response<AnswerBody<Full<bytes::Bytes>>> {
    let handler = service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::from("done"))))
    });
    layer.layer(handler).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_rules() {
    let site = "sec-fetch-site";
    #[rustfmt::skip]
    let rows: &[(&[(&str, &str)], bool)] = &[
        // No browser.
        (&[HOST], true),
        (&[HOST, (site, ""), ("origin", "")], true),
        // What a browser of today says.
        (&[HOST, (site, "same-origin")], true),
        (&[HOST, (site, "none")], true),
        (&[HOST, (site, "cross-site")], false),
        (&[HOST, (site, "same-site")], false),
        (&[HOST, (site, "Same-Origin")], false),
        (&[HOST, (site, "unheard-of")], false),
        (&[HOST, (site, "same-origin"), (site, "same-origin")], false),
        (&[HOST, (site, "same-origin"), ("origin", "https://evil.test")], true),
        (&[HOST, (site, "cross-site"), ("origin", "https://api.example.com")], false),
        (&[HOST, (site, "cross-site"), ("origin", "https://evil.test")], false),
        // Trusted origins.
        (&[HOST, (site, "cross-site"), ("origin", "https://app.example.com")], true),
        (&[HOST, (site, "same-site"), ("origin", "https://a.example.org")], true),
        (&[HOST, ("origin", "https://app.example.com")], true),
        (&[HOST, ("origin", "http://app.example.com")], false),
        (&[HOST, ("origin", "https://app.example.com"), ("origin", "https://app.example.com")], false),
        (&[HOST, ("origin", "https://evil-app.example.com")], false),
        // The request's own host, by whatever scheme and default port.
        (&[HOST, ("origin", "https://api.example.com")], true),
        (&[HOST, ("origin", "http://api.example.com")], true),
        (&[HOST, ("origin", "https://API.example.com")], true),
        (&[("host", "api.example.com:443"), ("origin", "https://api.example.com")], true),
        (&[("host", "api.example.com:80"), ("origin", "http://api.example.com")], true),
        (&[("host", "api.example.com:80"), ("origin", "https://api.example.com")], false),
        (&[("host", "api.example.com:8443"), ("origin", "https://api.example.com:8443")], true),
        (&[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")], true),
        (&[HOST, ("origin", "https://api.example.com:8443")], false),
        (&[HOST, ("origin", "https://api.example.com.evil.test")], false),
        (&[HOST, ("origin", "https://evil.test")], false),
        (&[HOST, ("origin", "null")], false),
        (&[HOST, ("origin", "garbage")], false),
        (&[HOST, ("origin", "ftp://api.example.com")], false),
        (&[HOST, HOST, ("origin", "https://api.example.com")], false),
        (&[("origin", "https://api.example.com")], false),
        (&[("host", ""), ("origin", "https://")], false),
        // Credentials that no browser adds by itself, and such as it does.
        (&[HOST, (site, "cross-site"), ("authorization", "Bearer abc")], true),
        (&[HOST, ("origin", "https://evil.test"), ("authorization", "DPoP abc")], true),
        (&[HOST, (site, "cross-site"), ("authorization", "Basic YTpi")], false),
        (&[HOST, (site, "cross-site"), ("authorization", "basic YTpi")], false),
        (&[HOST, (site, "cross-site"), ("authorization", "Digest x=y")], false),
        (&[HOST, (site, "cross-site"), ("authorization", "Negotiate x")], false),
        (&[HOST, (site, "cross-site"), ("authorization", "NTLM")], false),
        // The cookie changes nothing.
        (&[HOST, (site, "cross-site"), ("cookie", "session=1")], false),
        (&[HOST, ("cookie", "session=1")], true),
    ];
    for (headers, passes) in rows {
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"] {
            let response = answer(layer(), request(method, "/", headers)).await;
            assert_eq!(response.status(), if *passes { 200 } else { 403 }, "{method} {headers:?}");
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(
                answer(layer(), request(method, "/", headers)).await.status(),
                200,
                "{method} {headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_target_names_the_host_before_the_header_does() {
    let absolute = "http://api.example.com/jobs";
    let asked = request("POST", absolute, &[("host", "evil.test"), ("origin", "http://api.example.com")]);
    assert_eq!(answer(layer(), asked).await.status(), 200);
    let asked = request("POST", absolute, &[("host", "evil.test"), ("origin", "http://evil.test")]);
    assert_eq!(answer(layer(), asked).await.status(), 403);
}

#[tokio::test]
async fn a_refusal_is_a_problem_in_the_clients_language() {
    let mut asked =
        request("POST", "/", &[HOST, ("origin", "https://evil.test"), ("accept-language", "es-AR")]);
    let id = RequestId::generate();
    asked.extensions_mut().insert(id.clone());
    let response = answer(layer(), asked).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["content-language"], "es-AR");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["type"], "urn:campotech:problem:forbidden");
    assert_eq!(body["detail"], "Otro sitio no puede enviar esta solicitud.");
    assert_eq!(body["instance"], format!("urn:campotech:request:{id}"));
}

#[tokio::test]
async fn report_only_lets_pass_and_decisions_are_reported() {
    let observer = RecordingObserver::default();
    let layer = |mode| layer().with_mode(mode).with_observer(Arc::new(observer.clone()));
    let cross_site = || request("POST", "/", &[HOST, ("sec-fetch-site", "cross-site")]);
    let cross_origin = || request("POST", "/", &[HOST, ("origin", "https://evil.test")]);
    assert_eq!(answer(layer(Mode::ReportOnly), cross_site()).await.status(), 200);
    assert_eq!(answer(layer(Mode::ReportOnly), cross_origin()).await.status(), 200);
    assert_eq!(answer(layer(Mode::Enforce), cross_site()).await.status(), 403);
    assert_eq!(answer(layer(Mode::Enforce), cross_origin()).await.status(), 403);
    assert_eq!(answer(layer(Mode::Enforce), request("POST", "/", &[HOST])).await.status(), 200);
    assert_eq!(answer(layer(Mode::Enforce), request("GET", "/", &[HOST])).await.status(), 200);
    assert_eq!(
        observer.lines(),
        [
            "decision csrf reported cross_site",
            "decision csrf reported cross_origin",
            "decision csrf refused cross_site",
            "decision csrf refused cross_origin",
            "decision csrf allowed ok",
        ]
    );
}

proptest! {
    #[test]
    fn a_foreign_origin_never_writes(origin in "[ -~]{1,40}", scheme in prop_oneof![Just(""), Just("https://"), Just("http://")]) {
        let origin = format!("{scheme}{origin}");
        let trimmed = origin.trim();
        prop_assume!(!trimmed.is_empty() && origin == trimmed);
        let own = origin.to_ascii_lowercase();
        prop_assume!(own != "http://api.example.com" && own != "https://api.example.com");
        let trusted = OriginList::parse("https://app.example.com,https://*.example.org").unwrap();
        prop_assume!(!trusted.allows(&HeaderValue::from_str(&origin).unwrap()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(answer(layer(), request("POST", "/", &[HOST, ("origin", &origin)])));
        prop_assert_eq!(response.status(), 403);
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper() {
    let service = CsrfLayer::new().layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("done")))
    }));
    let server = HyperServer::start(service).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    for (line, status) in [("", 200), ("sec-fetch-site: cross-site\r\n", 403), ("origin: http://a\r\n", 200)]
    {
        connection
            .send(format!("POST / HTTP/1.1\r\nhost: a\r\n{line}content-length: 0\r\n\r\n"))
            .await
            .unwrap();
        assert_eq!(connection.receive().await.unwrap().status, status, "{line}");
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum() {
    let router =
        axum::Router::new().route("/", axum::routing::post(|| async { "done" })).layer(CsrfLayer::new());
    for (site, status) in [("same-origin", 200), ("cross-site", 403)] {
        let request =
            Request::post("/").header("sec-fetch-site", site).body(axum::body::Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status);
    }
}
