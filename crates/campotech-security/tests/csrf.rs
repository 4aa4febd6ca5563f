//! Cross-site writes are refused, everybody else's are not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;

use campotech_core::{AnswerBody, ClientIp, ForwardedHost, Mode, RequestId};
use campotech_security::cors::OriginList;
use campotech_security::csrf::CsrfLayer;
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderName, HeaderValue, Request, Response};
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
            let layer = layer().without_isolation();
            let status = answer(layer, request(method, "/", headers)).await.status();
            assert_eq!(status, 200, "{method} {headers:?}");
        }
    }
}

#[tokio::test]
async fn what_other_sites_may_load() {
    const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
    let (mode, dest) = ("sec-fetch-mode", "sec-fetch-dest");
    #[rustfmt::skip]
    let rows: &[(&[(&str, &str)], bool)] = &[
        // No browser, or one that doesn't say.
        (&[], true),
        (&[("sec-fetch-site", "")], true),
        (&[("origin", "https://evil.test")], true),
        // This site, and what the visitor typed in.
        (&[("sec-fetch-site", "same-origin"), (mode, "cors"), (dest, "empty")], true),
        (&[("sec-fetch-site", "same-origin"), (mode, "no-cors"), (dest, "image")], true),
        (&[("sec-fetch-site", "same-site"), (mode, "no-cors"), (dest, "script")], true),
        (&[("sec-fetch-site", "none"), (mode, "navigate"), (dest, "document")], true),
        // A link: the visitor goes there.
        (&[CROSS, (mode, "navigate"), (dest, "document")], true),
        (&[CROSS, (mode, "navigate")], true),
        (&[CROSS, (mode, "navigate"), (dest, "")], true),
        // A page of another site loads it.
        (&[CROSS], false),
        (&[CROSS, (dest, "document")], false),
        (&[CROSS, (mode, "no-cors"), (dest, "image")], false),
        (&[CROSS, (mode, "no-cors"), (dest, "script")], false),
        (&[CROSS, (mode, "no-cors"), (dest, "style")], false),
        (&[CROSS, (mode, "no-cors"), (dest, "audio")], false),
        (&[CROSS, (mode, "no-cors"), (dest, "document")], false),
        (&[CROSS, (mode, "navigate"), (dest, "iframe")], false),
        (&[CROSS, (mode, "navigate"), (dest, "frame")], false),
        (&[CROSS, (mode, "navigate"), (dest, "embed")], false),
        (&[CROSS, (mode, "navigate"), (dest, "object")], false),
        (&[CROSS, (mode, "navigate"), (dest, "fencedframe")], false),
        (&[CROSS, (mode, "cors"), (dest, "empty"), ("origin", "https://evil.test")], false),
        (&[CROSS, (mode, "cors"), (dest, "empty"), ("origin", "null")], false),
        (&[CROSS, (mode, "websocket"), (dest, "empty"), ("origin", "https://evil.test")], false),
        (&[CROSS, ("origin", "https://api.example.com"), HOST], false),
        (&[CROSS, ("cookie", "session=1"), (mode, "no-cors"), (dest, "image")], false),
        // What nobody has heard of is not this site.
        (&[("sec-fetch-site", "Same-Origin")], false),
        (&[("sec-fetch-site", "unheard-of"), (mode, "navigate"), (dest, "document")], true),
        (&[("sec-fetch-site", "unheard-of"), (mode, "no-cors")], false),
        (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], false),
        (&[CROSS, (mode, "Navigate"), (dest, "document")], false),
        (&[CROSS, (mode, "navigate"), (mode, "navigate"), (dest, "document")], false),
        (&[CROSS, (mode, "navigate"), (dest, "document"), (dest, "document")], false),
        // Trusted origins, and credentials that no browser adds by itself.
        (&[CROSS, (mode, "cors"), (dest, "empty"), ("origin", "https://app.example.com")], true),
        (&[CROSS, (mode, "cors"), (dest, "empty"), ("origin", "http://app.example.com")], false),
        (&[CROSS, (mode, "cors"), ("authorization", "Bearer abc")], true),
        (&[CROSS, (mode, "cors"), ("authorization", "Basic YTpi")], false),
    ];
    for (headers, passes) in rows {
        for method in ["GET", "HEAD"] {
            let response = answer(layer(), request(method, "/", headers)).await;
            assert_eq!(response.status(), if *passes { 200 } else { 403 }, "{method} {headers:?}");
            let response = answer(layer().without_isolation(), request(method, "/", headers)).await;
            assert_eq!(response.status(), 200, "{method} {headers:?}");
        }
        // A preflight, which CORS answers.
        assert_eq!(answer(layer(), request("OPTIONS", "/", headers)).await.status(), 200, "{headers:?}");
    }
    let refused = answer(layer(), request("GET", "/", &[CROSS])).await;
    assert_eq!(refused.headers()["cache-control"], "no-store", "nobody else is answered with it");
}

#[tokio::test]
async fn an_open_route_is_open_for_reads_however_it_is_written_and_for_nothing_else() {
    let cross = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    let layer = || layer().without_isolation_for("/public/*").unwrap();
    for (path, open) in [
        ("/public/logo.png", true),
        ("/public", true),
        ("/%70ublic/logo.png", true),
        ("/publicly", false),
        ("/jobs", false),
        ("/public/../jobs", false),
        ("/public/%2e%2e/jobs", false),
        ("/public/..%2fjobs", false),
        ("/jobs/../public/x", false),
    ] {
        let status = answer(layer(), request("GET", path, &cross)).await.status();
        assert_eq!(status, if open { 200 } else { 403 }, "{path}");
        assert_eq!(answer(layer(), request("POST", path, &cross)).await.status(), 403, "{path}");
    }
    assert_eq!(CsrfLayer::new().without_isolation_for("public").unwrap_err().code(), "path_pattern");
}

#[tokio::test]
async fn a_signature_header_passes_on_every_path_for_the_handler_to_verify() {
    let name = || HeaderName::from_static("x-hub-signature-256");
    let layer = || layer().with_signature_header(name()).unwrap();
    let signed = ("x-hub-signature-256", "sha256=00");
    for (headers, method, status) in [
        (&[("sec-fetch-site", "cross-site"), signed][..], "POST", 200),
        (&[("sec-fetch-site", "cross-site"), signed], "GET", 200),
        (&[("origin", "https://evil.test"), signed], "POST", 200),
        (&[("origin", "https://evil.test")], "POST", 403),
        (&[("origin", "https://evil.test"), ("x-hub-signature", "sha1=00")], "POST", 403),
        // What providers send: no browser's header at all.
        (&[signed], "POST", 200),
        (&[], "POST", 200),
    ] {
        assert_eq!(answer(layer(), request(method, "/", headers)).await.status(), status, "{headers:?}");
    }
    for plain in [
        "accept",
        "content-type",
        "range",
        "cookie",
        "origin",
        "referer",
        "host",
        "authorization",
        "user-agent",
        "sec-fetch-site",
        "sec-gpc",
        "ping-to",
        "service-worker",
        "access-control-request-method",
        "proxy-authorization",
        "if-none-match",
    ] {
        let refused = CsrfLayer::new().with_signature_header(HeaderName::from_static(plain));
        assert_eq!(refused.unwrap_err().code(), "plain_header", "{plain}");
    }
    for provider in ["x-hub-signature-256", "x-signature", "stripe-signature", "webhook-signature"] {
        assert!(
            CsrfLayer::new().with_signature_header(HeaderName::from_static(provider)).is_ok(),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn the_own_host_is_what_the_client_asked_for_and_https_where_the_client_is() {
    let asked = |origin: &str, host: Option<&str>, https: Option<bool>| {
        let mut request = request("POST", "/", &[("host", "inner:8080"), ("origin", origin)]);
        if let Some(host) = host {
            request.extensions_mut().insert(ForwardedHost::parse(host.as_bytes()).unwrap());
        }
        if let Some(https) = https {
            request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), true).with_https(https));
        }
        request
    };
    let api = Some("api.example.com");
    for (origin, host, https, passes) in [
        ("https://api.example.com", api, None, true),
        ("https://api.example.com", api, Some(true), true),
        ("http://api.example.com", api, Some(false), true),
        ("http://api.example.com", api, Some(true), false),
        ("http://inner:8080", api, None, false),
        ("https://api.example.com", Some("api.example.com:443"), Some(true), true),
        ("https://api.example.com:8443", api, Some(true), false),
        ("https://evil.test", api, Some(true), false),
        ("https://api.example.com", None, Some(true), false),
        ("https://inner:8080", None, Some(true), true),
        ("http://inner:8080", None, Some(true), false),
        ("http://inner:8080", None, Some(false), true),
    ] {
        let status = answer(CsrfLayer::new(), asked(origin, host, https)).await.status();
        assert_eq!(status, if passes { 200 } else { 403 }, "{origin} {host:?} {https:?}");
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
    let load = || request("GET", "/", &[HOST, ("sec-fetch-site", "cross-site")]);
    assert_eq!(answer(layer(Mode::Enforce).with_isolation(Mode::ReportOnly), load()).await.status(), 200);
    assert_eq!(answer(layer(Mode::ReportOnly), load()).await.status(), 403);
    assert_eq!(answer(layer(Mode::Enforce).without_isolation(), load()).await.status(), 200);
    assert_eq!(
        observer.lines(),
        [
            "decision csrf reported cross_site",
            "decision csrf reported cross_origin",
            "decision csrf refused cross_site",
            "decision csrf refused cross_origin",
            "decision csrf allowed ok",
            "decision csrf reported cross_site_load",
            "decision csrf refused cross_site_load",
        ]
    );
}

/// A value of a header, or none.
fn some_of(values: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::weighted(0.8, proptest::sample::select(values))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Without what is ours alone: `Authorization`, signature headers, repeated lines, hosts that differ in case or default port.
    #[test]
    fn writes_are_decided_as_by_tower_http(
        method in proptest::sample::select(&["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"][..]),
        uri in proptest::sample::select(&["/", "http://api.example.com/", "http://evil.test:81/x"][..]),
        site in some_of(&["", "same-origin", "none", "same-site", "cross-site", "Same-Origin", "x"]),
        host in some_of(&["api.example.com", "api.example.com:8443", "evil.test", "[::1]:8080", ""]),
        origin in some_of(&["", "null", "https://api.example.com", "http://api.example.com", "https://api.example.com:8443", "https://evil.test", "http://[::1]:8080", "ftp://api.example.com", "https://app.example.com", "http://app.example.com", "https://xapp.example.com", "garbage", "https://"]),
        cookie in some_of(&["session=1"]),
    ) {
        let headers = [("sec-fetch-site", site), ("host", host), ("origin", origin), ("cookie", cookie)];
        let headers: Vec<_> = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let trusted = "https://app.example.com";
        let ours = CsrfLayer::new().without_isolation().with_trusted_origins(OriginList::parse(trusted).unwrap());
        let theirs = tower_http::csrf::CsrfLayer::new().add_trusted_origin(trusted).unwrap();
        let handler = || service_fn(|_: Request<()>| std::future::ready(Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("done")))));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ours = runtime.block_on(ours.layer(handler()).oneshot(request(method, uri, &headers))).unwrap();
        let theirs = runtime.block_on(theirs.layer(handler()).oneshot(request(method, uri, &headers))).unwrap();
        prop_assert_eq!(ours.status(), theirs.status(), "{} {} {:?}", method, uri, headers);
    }
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
