//! Security headers: profiles, what is left alone, nonces, sizes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::time::Duration;

use campotech_core::ClientIp;
use campotech_security::headers::{
    ContentSecurityPolicy, CspNonce, HeaderOverride, HeaderProfile, SecurityHeadersLayer,
};
use campotech_testkit::{HyperServer, RawConnection};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const API_POLICY: &str = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";

fn request(https: bool, headers: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), true).with_https(https));
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    request
}

async fn answer(layer: &SecurityHeadersLayer, request: Request<()>, response: Response<()>) -> Response<()> {
    let mut response = Some(response);
    let service =
        service_fn(move |_: Request<()>| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    layer.layer(service).oneshot(request).await.unwrap()
}

fn of_type(content_type: &'static str) -> Response<()> {
    Response::builder().header("content-type", content_type).body(()).unwrap()
}

#[tokio::test]
async fn an_api_answer_has_the_strict_profile_in_300_bytes() {
    let layer = SecurityHeadersLayer::new();
    let asked = request(true, &[("authorization", "Bearer x")]);
    let response = answer(&layer, asked, of_type("application/json")).await;
    let mut added = response.headers().clone();
    added.remove("content-type");
    let expected: &[(&str, &str)] = &[
        ("content-security-policy", API_POLICY),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    assert_eq!(added.len(), expected.len());
    for (name, value) in expected {
        assert_eq!(added[*name], value, "{name}");
    }
    // `name: value` and the line's end, as HTTP/1.1 sends it.
    let bytes: usize = added.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    assert!(bytes <= 300, "{bytes} bytes");
}

#[tokio::test]
async fn hsts_is_sent_on_https_only_and_no_store_where_the_request_was_private_only() {
    let layer = SecurityHeadersLayer::new();
    let response = answer(&layer, request(false, &[]), Response::new(())).await;
    assert!(!response.headers().contains_key("strict-transport-security"));
    assert!(!response.headers().contains_key("cache-control"));
    let unknown = answer(&layer, Request::new(()), Response::new(())).await;
    assert!(!unknown.headers().contains_key("strict-transport-security"));
    for private in ["authorization", "cookie"] {
        let response = answer(&layer, request(false, &[(private, "x")]), Response::new(())).await;
        assert_eq!(response.headers()["cache-control"], "no-store", "{private}");
    }
}

#[tokio::test]
async fn what_the_handler_set_is_left_alone() {
    let own: &[(&str, &str)] = &[
        ("content-security-policy", "default-src 'self'"),
        ("strict-transport-security", "max-age=1"),
        ("x-content-type-options", "own"),
        ("referrer-policy", "origin"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("cache-control", "public, max-age=60"),
    ];
    let mut response = Response::new(());
    for (name, value) in own {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let response = answer(&SecurityHeadersLayer::new(), request(true, &[("cookie", "a=b")]), response).await;
    assert_eq!(response.headers().len(), own.len());
    for (name, value) in own {
        assert_eq!(response.headers()[*name], value);
    }
}

#[tokio::test]
async fn pages_have_their_own_profile() {
    let layer = SecurityHeadersLayer::new();
    for page in ["text/html", "text/html; charset=utf-8", "TEXT/HTML ;charset=utf-8", "application/xhtml+xml"]
    {
        let response = answer(&layer, request(false, &[]), of_type(page)).await;
        let headers = response.headers();
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{page}");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("geolocation=()"));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'none';style-src 'none'"), "{policy}");
        assert!(!headers.contains_key("cache-control"));
    }
    for other in ["application/json", "text/plain", "image/svg+xml", "text/htmlx", "x; text/html"] {
        let response = answer(&layer, request(false, &[]), of_type(other)).await;
        assert!(!response.headers().contains_key("cross-origin-opener-policy"), "{other}");
        assert_eq!(response.headers()["content-security-policy"], API_POLICY, "{other}");
    }
}

#[tokio::test]
async fn a_nonce_in_the_response_is_in_the_policy_and_never_cached() {
    let nonce = CspNonce::generate();
    let mut page = of_type("text/html");
    page.headers_mut().insert("cache-control", HeaderValue::from_static("public, max-age=60"));
    page.extensions_mut().insert(nonce);
    let response = answer(&SecurityHeadersLayer::new(), request(false, &[]), page).await;
    let expected = format!(
        "default-src 'none';script-src 'nonce-{nonce}' 'strict-dynamic';style-src 'nonce-{nonce}';img-src 'self' data:;\
         connect-src 'self';font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'"
    );
    assert_eq!(response.headers()["content-security-policy"], expected);
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_route_can_have_another_profile_or_none() {
    let layer = SecurityHeadersLayer::new();
    let mut response = of_type("application/json");
    response.extensions_mut().insert(HeaderOverride::profile(HeaderProfile::html()));
    let response = answer(&layer, request(false, &[]), response).await;
    assert!(response.headers().contains_key("cross-origin-opener-policy"));

    let mut response = of_type("text/html");
    response.extensions_mut().insert(HeaderOverride::skip());
    response.headers_mut().insert("server", HeaderValue::from_static("x"));
    let response = answer(&layer, request(true, &[("cookie", "a")]), response).await;
    let mut left: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["cache-control", "content-type", "strict-transport-security"]);
}

#[tokio::test]
async fn profiles_hsts_and_removals_are_configurable() {
    let report = ContentSecurityPolicy::api().with("require-trusted-types-for", "'script'").unwrap();
    let api = HeaderProfile::api()
        .with_report_only_policy(&report)
        .with_header(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY"))
        .with_header(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("same-origin"))
        .without_header(&HeaderName::from_static("cross-origin-resource-policy"));
    let layer = SecurityHeadersLayer::new()
        .with_api(api)
        .with_hsts(Duration::from_secs(60), false)
        .with_removed(HeaderName::from_static("x-runtime"));
    let mut response = of_type("application/json");
    for leak in ["server", "x-powered-by", "x-runtime"] {
        response.headers_mut().insert(leak, HeaderValue::from_static("leak"));
    }
    let response = answer(&layer, request(true, &[]), response).await;
    let headers = response.headers();
    assert_eq!(headers["strict-transport-security"], "max-age=60");
    assert_eq!(headers["content-security-policy"], API_POLICY);
    let tried = format!("{API_POLICY};require-trusted-types-for 'script'");
    assert_eq!(headers["content-security-policy-report-only"], tried);
    assert_eq!(
        (&headers["x-frame-options"], &headers["referrer-policy"]),
        (&"DENY".parse().unwrap(), &"same-origin".parse().unwrap())
    );
    for gone in ["server", "x-powered-by", "x-runtime", "cross-origin-resource-policy"] {
        assert!(!headers.contains_key(gone), "{gone}");
    }
    let response = answer(&layer.without_hsts(), request(true, &[]), Response::new(())).await;
    assert!(!response.headers().contains_key("strict-transport-security"));
}

#[test]
fn layers_and_services_can_be_cloned_and_shared_between_threads() {
    use campotech_security::{client_ip, cors, csrf, headers, request_id, webhook};

    fn check<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<client_ip::ClientIpLayer>();
    check::<client_ip::ClientIpService<()>>();
    check::<cors::CrossOriginLayer>();
    check::<cors::CrossOriginService<()>>();
    check::<csrf::CsrfLayer>();
    check::<csrf::CsrfService<()>>();
    check::<SecurityHeadersLayer>();
    check::<headers::SecurityHeadersService<()>>();
    check::<request_id::RequestIdLayer>();
    check::<request_id::RequestIdService<()>>();
    check::<webhook::MetaSignature>();
    check::<webhook::VerifyToken>();
}

proptest! {
    #[test]
    fn no_header_of_the_handler_is_lost_or_doubled(
        names in proptest::collection::btree_set(0_usize..8, 0..8), content_type in "[ -~]{0,24}", https: bool,
    ) {
        let known = ["content-security-policy", "x-content-type-options", "referrer-policy", "vary",
            "cross-origin-resource-policy", "cache-control", "x-own", "permissions-policy"];
        let mut own = HeaderMap::new();
        for name in &names {
            own.append(known[*name], HeaderValue::from_static("one"));
            own.append(known[*name], HeaderValue::from_static("two"));
        }
        own.insert("content-type", HeaderValue::from_str(&content_type).unwrap());
        let mut response = Response::new(());
        *response.headers_mut() = own.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(answer(&SecurityHeadersLayer::new(), request(https, &[("cookie", "a")]), response));
        for name in own.keys() {
            let values = |map: &HeaderMap| map.get_all(name).iter().cloned().collect::<Vec<_>>();
            prop_assert_eq!(values(response.headers()), values(&own));
        }
        for always in ["content-security-policy", "x-content-type-options", "referrer-policy"] {
            prop_assert!(response.headers().contains_key(always));
        }
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper() {
    let service = SecurityHeadersLayer::new().layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("fine")))
    }));
    let server = HyperServer::start(service).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let answer = connection.receive().await.unwrap();
    assert_eq!(answer.headers["content-security-policy"], API_POLICY);
    assert_eq!(answer.text(), "fine");
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_with_a_nonce_and_a_missing_route() {
    use axum::Extension;
    use axum::response::Html;

    let page = || async {
        let nonce = CspNonce::generate();
        (Extension(nonce), Html(format!("<script nonce=\"{nonce}\"></script>")))
    };
    let router = axum::Router::new().route("/", axum::routing::get(page)).layer(SecurityHeadersLayer::new());
    let get = |path: &str| Request::get(path).body(axum::body::Body::empty()).unwrap();
    let response = router.clone().oneshot(get("/")).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    let nonce = std::str::from_utf8(&body).unwrap().split('"').nth(1).unwrap();
    assert!(policy.contains(&format!("script-src 'nonce-{nonce}' 'strict-dynamic'")), "{policy}");
    let missing = router.oneshot(get("/none")).await.unwrap();
    assert_eq!(
        (missing.status().as_u16(), &missing.headers()["x-content-type-options"]),
        (404, &"nosniff".parse().unwrap())
    );
}
