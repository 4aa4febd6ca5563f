//! Origins and CORS: the list, preflights, answers.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{AnswerBody, ClientIp, ForwardedHost, Mode};
use campotech_security::ConfigError;
use campotech_security::cors::{CrossOriginLayer, OriginList};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const LIST: &str = "https://app.example.com, https://*.example.org, http://localhost:3000, https://*.example.net:8443, http://[::1]:3000";

fn list() -> OriginList {
    OriginList::parse(LIST).unwrap()
}

fn layer() -> CrossOriginLayer {
    CrossOriginLayer::new(list())
}

fn request(method: Method, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request =
        Request::builder().method(method).uri("/").header("host", "api.example.com").body(()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
    }
    request
}

/// The answer; the handler says 418, so that one that didn't run is seen.
async fn answer(
    layer: CrossOriginLayer,
    request: Request<()>,
    own: &[(&'static str, &'static str)],
) -> Response<AnswerBody<Full<bytes::Bytes>>> {
    let service = service_fn(|_: Request<()>| {
        let mut response = Response::new(Full::from("handler"));
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        for (name, value) in own {
            response.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        std::future::ready(Ok::<_, Infallible>(response))
    });
    layer.layer(service).oneshot(request).await.unwrap()
}

fn cors_headers<B>(response: &Response<B>) -> Vec<String> {
    let names = response.headers().keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[test]
fn origins_are_matched_by_scheme_label_and_port() {
    for (origin, allowed) in [
        ("https://app.example.com", true),
        ("https://a.example.org", true),
        ("https://a.b-c.d_e.example.org", true),
        ("http://localhost:3000", true),
        ("https://x.example.net:8443", true),
        ("http://[::1]:3000", true),
        ("null", false),
        ("*", false),
        ("", false),
        ("http://app.example.com", false),
        ("https://app.example.com:8443", false),
        ("https://app.example.com:443", false),
        ("https://app.example.com.", false),
        ("https://app.example.com/", false),
        ("https://app.example.com.evil.test", false),
        ("https://evil-app.example.com", false),
        ("https://evilapp.example.com", false),
        ("https://APP.example.com", false),
        ("HTTPS://app.example.com", false),
        ("https://app.example.com, https://app.example.com", false),
        ("https://user@app.example.com", false),
        (" https://app.example.com", false),
        ("https://example.org", false),
        ("https://.example.org", false),
        ("https://a..example.org", false),
        ("https://evil-example.org", false),
        ("https://a.example.org.evil.test", false),
        ("https://a.example.org:443", false),
        ("http://a.example.org", false),
        ("https://evil.test/.example.org", false),
        ("https://evil.test?.example.org", false),
        ("https://evil.test#.example.org", false),
        ("https://evil.test\\.example.org", false),
        ("https://evil.test:80.example.org", false),
        ("https://user@a.example.org", false),
        ("https://a.example.org.", false),
        ("https://A.example.org", false),
        ("https://xn--bcher-kva.example.org", true),
        ("https://bücher.example.org", false),
        ("https://a%2eexample.org", false),
        ("https://*.example.org", false),
        ("https://x.example.net", false),
        ("https://x.example.net:84430", false),
        ("https://example.net:8443", false),
        ("http://localhost", false),
        ("http://localhost:30000", false),
        ("http://[::1]", false),
        ("file://", false),
    ] {
        let value = HeaderValue::from_bytes(origin.as_bytes()).unwrap();
        assert_eq!(list().allows(&value), allowed, "{origin}");
    }
}

#[test]
fn a_websocket_may_open_from_a_listed_origin_the_own_host_or_no_browser() {
    for (origins, allowed) in [
        (&[][..], true),
        (&["https://app.example.com"], true),
        (&["https://api.example.com"], true),
        (&["https://evil.test"], false),
        (&["null"], false),
        (&["https://app.example.com", "https://app.example.com"], false),
        (&[""], false),
    ] {
        let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
        let asked = request(Method::GET, &headers);
        assert_eq!(
            list().allows_handshake(asked.uri(), asked.headers(), asked.extensions()),
            allowed,
            "{origins:?}"
        );
        let own_only = OriginList::none().allows_handshake(asked.uri(), asked.headers(), asked.extensions());
        assert_eq!(own_only, origins.is_empty() || origins == ["https://api.example.com"], "{origins:?}");
    }
}

#[test]
fn a_websocket_behind_a_proxy_is_the_forwarded_hosts_own() {
    let allowed = |origin, https| {
        let mut asked = request(Method::GET, &[("origin", origin)]);
        asked.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), true).with_https(https));
        asked.extensions_mut().insert(ForwardedHost::parse(b"shop.example.org").unwrap());
        OriginList::none().allows_handshake(asked.uri(), asked.headers(), asked.extensions())
    };
    assert!(allowed("https://shop.example.org", true));
    assert!(!allowed("http://shop.example.org", true), "the client is on https");
    assert!(allowed("http://shop.example.org", false));
    assert!(
        !allowed("https://api.example.com", true),
        "the host that the proxy asked for is not the client's"
    );
}

#[test]
fn lists_are_checked_when_they_are_read() {
    for (list, code) in [
        ("*", "any_origin"),
        ("https://app.example.com,*", "any_origin"),
        ("null", "null_origin"),
        ("app.example.com", "origin"),
        ("https://", "origin"),
        ("https://app.example.com/", "origin"),
        ("https://app.example.com/path", "origin"),
        ("https://app.example.com?x", "origin"),
        ("https://app.example.com#x", "origin"),
        ("https://user:pass@app.example.com", "origin"),
        ("https://app.example.com:", "origin"),
        ("https://app.example.com:99999", "origin"),
        ("https://app.example.com.", "origin"),
        ("https://app..example.com", "origin"),
        ("https://app.example.com,", "origin"),
        ("https://*", "origin"),
        ("https://*.", "origin"),
        ("https://*.com", "origin"),
        ("https://*.127.0.0.1", "origin"),
        ("https://a.*.example.com", "origin"),
        ("https://*example.com", "origin"),
        ("https://*.*.example.com", "origin"),
        ("https://app.exa mple.com", "origin"),
        ("https://app.example\u{7}.com", "origin"),
        ("ftp://app.example.com", "origin"),
        ("file:///x", "origin"),
        ("*://app.example.com", "origin"),
        ("://app.example.com", "origin"),
    ] {
        assert_eq!(OriginList::parse(list).map_err(|e| e.code()), Err(code), "{list}");
    }
    assert!(OriginList::parse(" ").unwrap().is_empty());
    for (given, sent) in [
        ("HTTPS://App.Example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80", "http://app.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://*.Example.com:443", "https://a.example.com"),
    ] {
        assert!(OriginList::parse(given).unwrap().allows(&sent.parse().unwrap()), "{given}");
    }
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_ends_here() {
    let asked = request(
        Method::OPTIONS,
        &[("origin", "https://app.example.com"), ("access-control-request-method", "PATCH")],
    );
    let response = answer(layer(), asked, &[]).await;
    assert_eq!(response.status(), 204);
    let expected: &[(&str, &str)] = &[
        ("access-control-allow-origin", "https://app.example.com"),
        ("access-control-allow-methods", "GET,HEAD,POST,PUT,PATCH,DELETE"),
        ("access-control-allow-headers", "authorization,content-type,x-request-id,traceparent"),
        ("access-control-max-age", "7200"),
        ("vary", "origin"),
    ];
    assert_eq!(response.headers().len(), expected.len());
    for (name, value) in expected {
        assert_eq!(response.headers()[*name], value);
    }
}

#[tokio::test]
async fn a_preflight_of_another_origin_gets_nothing() {
    for origins in
        [&["https://evil.test"][..], &["null"], &["https://app.example.com", "https://app.example.com"], &[]]
    {
        let mut asked = request(Method::OPTIONS, &[("access-control-request-method", "GET")]);
        for origin in origins {
            asked.headers_mut().append("origin", HeaderValue::from_static(origin));
        }
        let response = answer(layer(), asked, &[]).await;
        assert_eq!(response.status(), 204);
        assert_eq!(cors_headers(&response), Vec::<String>::new());
        assert_eq!(response.headers()["vary"], "origin");
    }
}

#[tokio::test]
async fn other_options_requests_reach_the_handler() {
    let response =
        answer(layer(), request(Method::OPTIONS, &[("origin", "https://app.example.com")]), &[]).await;
    assert_eq!(response.status(), 418);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example.com");
}

#[tokio::test]
async fn a_listed_origin_may_read_the_answer_whatever_its_status() {
    let response = answer(
        layer(),
        request(Method::GET, &[("origin", "https://a.example.org")]),
        &[("vary", "accept-language")],
    )
    .await;
    assert_eq!(response.status(), 418);
    let headers = response.headers();
    assert_eq!(headers["access-control-allow-origin"], "https://a.example.org");
    assert_eq!(
        headers["access-control-expose-headers"],
        "link,location,ratelimit,ratelimit-policy,retry-after,x-request-id"
    );
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let vary: Vec<_> = headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["accept-language", "origin"]);
}

#[tokio::test]
async fn nobody_else_may_also_if_the_handler_says_so() {
    let own = &[
        ("access-control-allow-origin", "*"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Accept, Origin"),
    ];
    for headers in [&[("origin", "https://evil.test")][..], &[("origin", "null")], &[]] {
        let response = answer(layer(), request(Method::GET, headers), own).await;
        assert_eq!(response.status(), 418);
        assert_eq!(cors_headers(&response), Vec::<String>::new());
        assert_eq!(response.headers().get_all("vary").iter().count(), 1);
    }
}

#[tokio::test]
async fn without_a_list_nothing_is_touched_and_a_preflight_still_ends_here() {
    let none = || CrossOriginLayer::new(OriginList::none());
    let asked = request(Method::GET, &[("origin", "https://app.example.com")]);
    let response = answer(none(), asked, &[]).await;
    assert_eq!(response.status(), 418);
    assert!(response.headers().is_empty());
    let preflight = request(
        Method::OPTIONS,
        &[("origin", "https://app.example.com"), ("access-control-request-method", "GET")],
    );
    let response = answer(none(), preflight, &[]).await;
    assert_eq!(response.status(), 204);
    assert_eq!(cors_headers(&response), Vec::<String>::new());
}

#[tokio::test]
async fn every_list_and_the_credentials_are_configurable() {
    let layer = layer()
        .with_methods(&[Method::GET])
        .unwrap()
        .with_allowed_headers(&[HeaderName::from_static("x-own")])
        .unwrap()
        .with_exposed_headers(&[HeaderName::from_static("etag"), HeaderName::from_static("link")])
        .unwrap()
        .with_max_age(Duration::from_secs(60))
        .with_credentials()
        .unwrap();
    let origin = ("origin", "https://app.example.com");
    let response = answer(
        layer.clone(),
        request(Method::OPTIONS, &[origin, ("access-control-request-method", "GET")]),
        &[],
    )
    .await;
    for (name, value) in [("methods", "GET"), ("headers", "x-own"), ("credentials", "true")] {
        assert_eq!(response.headers()[format!("access-control-allow-{name}")], value);
    }
    assert_eq!(response.headers()["access-control-max-age"], "60");
    let response = answer(layer, request(Method::GET, &[origin]), &[]).await;
    assert_eq!(response.headers()["access-control-allow-credentials"], "true");
    assert_eq!(response.headers()["access-control-expose-headers"], "etag,link");
}

#[test]
fn what_allows_more_than_it_says_is_refused_when_it_is_set() {
    let of = |list: &str| CrossOriginLayer::new(OriginList::parse(list).unwrap());
    let star = [HeaderName::from_static("*")];
    let method = |name: &str| Method::from_bytes(name.as_bytes()).unwrap();
    let code = |set: Result<CrossOriginLayer, ConfigError>| set.err().map(|error| error.code());
    for (list, expected) in [
        ("", Some("credentials_for_nobody")),
        ("http://app.example.com", Some("insecure_credentials")),
        ("https://app.example.com,http://*.example.com", Some("insecure_credentials")),
        ("http://localhost.evil.test", Some("insecure_credentials")),
        ("http://127.0.0.1.evil.test:80", Some("insecure_credentials")),
        ("http://192.168.0.1", Some("insecure_credentials")),
        ("https://app.example.com,https://*.example.com", None),
        ("http://localhost,http://localhost:3000,http://127.0.0.1:3000,http://[::1]", None),
    ] {
        assert_eq!(code(of(list).with_credentials()), expected, "{list}");
    }
    let said = of("http://*.example.com:8080").with_credentials().unwrap_err().to_string();
    assert!(said.starts_with("`http://*.example.com:8080` is not https"), "{said}");
    for name in ["*", "CONNECT", "TRACE", "TRACK"] {
        assert_eq!(code(layer().with_methods(&[Method::GET, method(name)])), Some("cors_method"), "{name}");
    }
    assert_eq!(code(layer().with_allowed_headers(&star)), Some("any_header"));
    assert_eq!(code(layer().with_exposed_headers(&star)), Some("any_header"));
}

/// Origins that are not in the list, by every trick that has worked against somebody.
const ATTACKS: &[&str] = &[
    "null",
    "*",
    "",
    "https://evil.test",
    "https://evil-example.org",
    "https://evilexample.org",
    "https://example.org",
    "https://example.org.evil.test",
    "https://a.example.org.evil.test",
    "https://a.example.org@evil.test",
    "https://evil.test@a.example.org",
    "https://user:pass@a.example.org",
    "https://evil.test/.example.org",
    "https://evil.test/a.example.org",
    "https://evil.test?.example.org",
    "https://evil.test#.example.org",
    "https://evil.test\\.example.org",
    "https://evil.test\\@a.example.org",
    "https://evil.test%2f.example.org",
    "https://evil.test%00.example.org",
    "https://evil.test`.example.org",
    "https://evil.test{.example.org",
    "https://evil.test,.example.org",
    "https://evil.test;.example.org",
    "https://evil.test!.example.org",
    "https://evil.test$.example.org",
    "https://evil.test&.example.org",
    "https://evil.test'.example.org",
    "https://evil.test(.example.org",
    "https://evil.test*.example.org",
    "https://evil.test+.example.org",
    "https://evil.test=.example.org",
    "https://evil.test~.example.org",
    "https://evil.test .example.org",
    "https://evil.test\t.example.org",
    "https://evil.test:80.example.org",
    "https://a..example.org",
    "https://.example.org",
    "https://a.example.org.",
    "https://a.example.org:443",
    "https://a.example.org:8443",
    "https://a.example.org:",
    "https://a.example.org/",
    "https://A.example.org",
    "https://a.EXAMPLE.org",
    "HTTPS://a.example.org",
    "http://a.example.org",
    "ftp://a.example.org",
    "wss://a.example.org",
    "file://a.example.org",
    "javascript://a.example.org",
    "chrome-extension://a.example.org",
    "//a.example.org",
    "a.example.org",
    "https:a.example.org",
    "https:/a.example.org",
    "https:///a.example.org",
    "https://b\u{fc}cher.example.org",
    "https://\u{ff41}.example.org",
    "https://a.example\u{3002}org",
    "https://xn--a.xn--example-9cb.org",
    "https://a.example.org https://evil.test",
    "https://evil.test https://a.example.org",
    "https://a.example.org, https://evil.test",
    "https://evil.test, https://a.example.org",
    " https://a.example.org",
    "https://a.example.org ",
    "https://[::1]",
    "https://[::1].example.org",
    "http://localhost",
    "http://localhost:3001",
    "http://localhost:3000.evil.test",
    "http://127.0.0.1:3000",
    "https://localhost:3000",
    "https://app.example.com.evil.test",
    "https://evil-app.example.com",
    "https://app.example.com.",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://b.app.example.com",
];

#[tokio::test]
async fn no_attack_reads_or_writes() {
    let layer = || layer().with_credentials().unwrap().with_mode(Mode::Enforce);
    for attack in ATTACKS {
        let own = &[("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")];
        for (method, preflight, status) in [
            (Method::GET, false, 418),
            (Method::HEAD, false, 418),
            (Method::OPTIONS, false, 418),
            (Method::OPTIONS, true, 204),
            (Method::POST, false, 403),
            (Method::DELETE, false, 403),
        ] {
            let mut asked = request(method, &[]);
            asked.headers_mut().insert("origin", HeaderValue::from_bytes(attack.as_bytes()).unwrap());
            if preflight {
                let headers = asked.headers_mut();
                headers.insert("access-control-request-method", HeaderValue::from_static("PATCH"));
                headers.insert("access-control-request-headers", HeaderValue::from_static("authorization"));
                headers.insert("access-control-request-private-network", HeaderValue::from_static("true"));
            }
            let response = answer(layer(), asked, own).await;
            assert_eq!(response.status(), status, "{attack}");
            assert_eq!(cors_headers(&response), Vec::<String>::new(), "{attack}");
            let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
            assert!(vary.iter().any(|vary| *vary == "origin"), "{attack}: {vary:?}");
        }
    }
}

/// The same table against what the documentation of tower-http's layer shows for subdomains, and against its reflection.
#[tokio::test]
async fn tower_https_layer_reads_the_same_table() {
    use tower_http::cors::{AllowOrigin, CorsLayer};

    let granted = async |layer: CorsLayer| {
        let mut granted = 0;
        for attack in ATTACKS {
            let mut asked = request(Method::GET, &[]);
            asked.headers_mut().insert("origin", HeaderValue::from_bytes(attack.as_bytes()).unwrap());
            let handler = service_fn(|_: Request<()>| {
                std::future::ready(Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("handler"))))
            });
            let response = layer.clone().layer(handler).oneshot(asked).await.unwrap();
            granted += usize::from(response.headers().contains_key("access-control-allow-origin"));
        }
        granted
    };
    let suffix = AllowOrigin::predicate(|origin, _| origin.as_bytes().ends_with(b".example.org"));
    let by_suffix = granted(CorsLayer::new().allow_origin(suffix).allow_credentials(true)).await;
    let reflected = granted(CorsLayer::very_permissive()).await;
    println!("cors: {} attacks, ours grants 0, a suffix {by_suffix}, reflection {reflected}", ATTACKS.len());
    assert!(by_suffix > 0 && reflected == ATTACKS.len(), "{by_suffix} {reflected}");
    // And an `OPTIONS` of the service's own never gets to its handler.
    let handler = service_fn(|_: Request<()>| {
        let mut response = Response::new(Full::<bytes::Bytes>::from("handler"));
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let theirs = CorsLayer::new().layer(handler).oneshot(request(Method::OPTIONS, &[])).await.unwrap();
    assert_eq!(theirs.status(), 200);
    assert_eq!(answer(layer(), request(Method::OPTIONS, &[]), &[]).await.status(), 418);
}

#[tokio::test]
async fn a_write_of_a_foreign_origin_is_refused_where_that_is_asked_for() {
    let observer = RecordingObserver::default();
    let layer = |list| CrossOriginLayer::new(list).with_observer(Arc::new(observer.clone()));
    let foreign = || request(Method::POST, &[("origin", "https://evil.test"), ("accept-language", "es")]);
    for list in [list(), OriginList::none()] {
        assert_eq!(answer(layer(list.clone()), foreign(), &[]).await.status(), 418);
        let refused = answer(layer(list.clone()).with_mode(Mode::Enforce), foreign(), &[]).await;
        assert_eq!(refused.status(), 403);
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert_eq!(refused.headers()["content-language"], "es");
        assert!(refused.headers().get_all("vary").iter().any(|vary| vary == "origin"));
        for (method, origin) in [
            (Method::POST, "https://api.example.com"),
            (Method::GET, "https://evil.test"),
            (Method::OPTIONS, "https://evil.test"),
        ] {
            let asked = request(method, &[("origin", origin)]);
            let passed = answer(layer(list.clone()).with_mode(Mode::Enforce), asked, &[]).await;
            assert_eq!(passed.status(), 418, "{origin}");
        }
        let program = request(Method::POST, &[]);
        assert_eq!(answer(layer(list).with_mode(Mode::Enforce), program, &[]).await.status(), 418);
    }
    let listed = request(Method::POST, &[("origin", "https://app.example.com")]);
    assert_eq!(answer(layer(list()).with_mode(Mode::Enforce), listed, &[]).await.status(), 418);
    assert_eq!(
        observer.lines(),
        [
            "decision cors reported origin",
            "decision cors refused origin",
            "decision cors reported origin",
            "decision cors reported origin",
            // Without a list there is nothing to look at until it enforces.
            "decision cors refused origin",
            "decision cors reported origin",
            "decision cors reported origin",
            "decision cors allowed ok",
        ]
    );
}

#[tokio::test]
async fn decisions_are_reported() {
    let observer = RecordingObserver::default();
    let layer = || layer().with_observer(Arc::new(observer.clone()));
    let preflight = ("access-control-request-method", "GET");
    answer(layer(), request(Method::OPTIONS, &[("origin", "https://app.example.com"), preflight]), &[]).await;
    answer(layer(), request(Method::OPTIONS, &[("origin", "https://evil.test"), preflight]), &[]).await;
    answer(layer(), request(Method::GET, &[("origin", "https://app.example.com")]), &[]).await;
    answer(layer(), request(Method::GET, &[("origin", "https://evil.test")]), &[]).await;
    // Our own pages, and programs, are no business of this guard.
    answer(layer(), request(Method::POST, &[("origin", "https://api.example.com")]), &[]).await;
    answer(layer(), request(Method::GET, &[]), &[]).await;
    assert_eq!(
        observer.lines(),
        [
            "decision cors allowed ok",
            "decision cors refused preflight",
            "decision cors allowed ok",
            "decision cors reported origin",
        ]
    );
}

proptest! {
    #[test]
    fn a_wildcard_allows_subdomains_only(text in "[ -~]{0,40}", tail in prop_oneof![Just(""), Just("example.org"), Just(".example.org"), Just(".example.org:443")]) {
        let origin = format!("https://{text}{tail}");
        let wildcard = OriginList::parse("https://*.example.org").unwrap();
        if wildcard.allows(&HeaderValue::from_str(&origin).unwrap()) {
            let url = url::Url::parse(&origin).unwrap();
            prop_assert!(url.host_str().unwrap().ends_with(".example.org"));
            prop_assert_eq!(url.origin().ascii_serialization(), origin);
        }
    }

    #[test]
    fn any_list_is_read_without_a_panic_and_never_allows_null(text in "\\PC{0,40}", prefix in prop_oneof![Just(""), Just("https://"), Just("https://*.")]) {
        if let Ok(list) = OriginList::parse(&format!("{prefix}{text}")) {
            prop_assert!(!list.allows(&HeaderValue::from_static("null")));
            prop_assert!(!list.allows(&HeaderValue::from_static("*")));
        }
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper() {
    let service = layer().layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("fine")))
    }));
    let server = HyperServer::start(service).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("OPTIONS / HTTP/1.1\r\nhost: a\r\norigin: https://app.example.com\r\naccess-control-request-method: GET\r\n\r\n").await.unwrap();
    let preflight = connection.receive().await.unwrap();
    assert_eq!(
        (preflight.status.as_u16(), &preflight.headers["access-control-max-age"]),
        (204, &"7200".parse().unwrap())
    );
    connection.send("GET / HTTP/1.1\r\nhost: a\r\norigin: https://app.example.com\r\n\r\n").await.unwrap();
    let answer = connection.receive().await.unwrap();
    assert_eq!(
        (answer.text().as_str(), &answer.headers["access-control-allow-origin"]),
        ("fine", &"https://app.example.com".parse().unwrap())
    );
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_also_for_refusals() {
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "fine" })).layer(layer());
    for (method, path, status) in [("GET", "/", 200), ("GET", "/none", 404), ("POST", "/", 405)] {
        let request = Request::builder().method(method).uri(path).header("origin", "https://app.example.com");
        let response =
            router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example.com");
        assert_eq!(response.headers()["vary"], "origin");
    }
}
