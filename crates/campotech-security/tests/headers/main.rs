//! Security headers: profiles, what is left alone, nonces, sizes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod reports;

use std::convert::Infallible;
use std::time::Duration;

use campotech_core::ClientIp;
use campotech_security::headers::{
    ContentSecurityPolicy, CspNonce, Directive, EmbedderPolicy, HeaderOverride, HeaderProfile, OpenerPolicy,
    PermissionsPolicy, ReferrerPolicy, ReportingEndpoint, ResourcePolicy, SecurityHeadersLayer,
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
        assert_eq!(headers["origin-agent-cluster"], "?1");
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
         connect-src 'self';font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';\
         require-trusted-types-for 'script'"
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
async fn a_layer_around_a_route_overrides_and_the_handler_overrides_it() {
    let framed = || {
        let policy =
            ContentSecurityPolicy::html().with_replaced(Directive::FrameAncestors, "'self'").unwrap();
        HeaderProfile::html().with_policy(&policy)
    };
    for (own, ancestors) in [(None, Some("'self'")), (Some(HeaderOverride::skip()), None)] {
        let handler = service_fn(move |_: Request<()>| {
            let mut response = of_type("application/json");
            if let Some(own) = own.clone() {
                response.extensions_mut().insert(own);
            }
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let route = HeaderOverride::profile(framed()).layer(handler);
        let response = SecurityHeadersLayer::new().layer(route).oneshot(request(false, &[])).await.unwrap();
        let policy = response.headers().get("content-security-policy").map(|policy| policy.to_str().unwrap());
        let expected = ancestors
            .map(|ancestors| format!("frame-ancestors {ancestors};require-trusted-types-for 'script'"));
        assert_eq!(policy.is_some(), expected.is_some());
        assert!(
            policy.zip(expected).is_none_or(|(policy, expected)| policy.ends_with(&expected)),
            "{policy:?}"
        );
    }
}

#[tokio::test]
async fn profiles_hsts_and_removals_are_configurable() {
    let report = ContentSecurityPolicy::api().with(Directive::RequireTrustedTypesFor, "'script'").unwrap();
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

#[tokio::test]
async fn what_discloses_something_is_removed_and_nothing_else() {
    let leaks = [
        "server",
        "x-powered-by",
        "x-aspnet-version",
        "x-generator",
        "x-runtime",
        "x-envoy-upstream-service-time",
        "x-varnish",
        "x-b3-traceid",
        "x-debug-token-link",
        "sourcemap",
        "$wsep",
    ];
    let useful =
        ["via", "x-request-id", "traceparent", "server-timing", "etag", "x-frame-options", "x-served"];
    let leaking = || {
        let mut response = of_type("application/json");
        for name in leaks.iter().chain(&useful) {
            response.headers_mut().append(*name, HeaderValue::from_static("one"));
            response.headers_mut().append(*name, HeaderValue::from_static("two"));
        }
        response
    };
    let left = |response: &Response<()>, names: &[&'static str]| -> Vec<_> {
        names.iter().copied().filter(|name| response.headers().get_all(*name).iter().count() == 2).collect()
    };
    let layer = SecurityHeadersLayer::new();
    let response = answer(&layer, request(false, &[]), leaking()).await;
    assert_eq!(left(&response, &leaks), Vec::<&str>::new());
    assert!(leaks.iter().all(|name| !response.headers().contains_key(*name)));
    assert_eq!(left(&response, &useful), useful);
    assert_eq!(response.headers()["content-security-policy"], API_POLICY);

    let name = HeaderName::from_static;
    let layer = layer.with_kept(name("x-runtime")).with_removed(name("via")).with_removed(name("x-served"));
    let response = answer(&layer, request(false, &[]), leaking()).await;
    assert_eq!(left(&response, &leaks), ["x-runtime"]);
    assert_eq!(
        left(&response, &useful),
        ["x-request-id", "traceparent", "server-timing", "etag", "x-frame-options"]
    );
    let layer = layer.with_removed(name("x-runtime")).with_kept(name("via"));
    let response = answer(&layer, request(false, &[]), leaking()).await;
    assert_eq!(left(&response, &leaks), Vec::<&str>::new());
    assert!(left(&response, &useful).contains(&"via"));
}

#[tokio::test]
async fn no_store_goes_before_what_a_profile_says_of_caches() {
    let cached = HeaderProfile::api()
        .with_header(http::header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    let layer = SecurityHeadersLayer::new().with_api(cached.clone());
    for (cookie, expected) in [(&[("cookie", "a=b")][..], "no-store"), (&[], "public, max-age=60")] {
        let response = answer(&layer, request(true, cookie), of_type("application/json")).await;
        assert_eq!(response.headers()["cache-control"], expected);
        let mut response = of_type("application/json");
        response.extensions_mut().insert(HeaderOverride::profile(cached.clone()));
        let response = answer(&SecurityHeadersLayer::new(), request(true, cookie), response).await;
        assert_eq!(response.headers()["cache-control"], expected);
    }
}

#[tokio::test]
async fn a_policy_takes_the_place_of_a_header_of_its_name() {
    let names = ["content-security-policy", "content-security-policy-report-only", "reporting-endpoints"];
    let plain = HeaderValue::from_static("default-src 'self'");
    let with_headers = names
        .into_iter()
        .fold(HeaderProfile::api(), |all, one| all.with_header(HeaderName::from_static(one), plain.clone()));
    let page = with_headers
        .with_policy(&ContentSecurityPolicy::html())
        .with_report_only_policy(&ContentSecurityPolicy::api())
        .with_reports(&ReportingEndpoint::new("csp", "/reports").unwrap());
    let layer = SecurityHeadersLayer::new().with_html(page);
    let response = answer(&layer, request(true, &[]), of_type("text/html")).await;
    for name in names {
        let said: Vec<_> = response.headers().get_all(name).iter().collect();
        assert_eq!(said.len(), 1, "{name}");
        assert_ne!(said[0], plain, "{name}");
    }
}

#[tokio::test]
async fn violations_are_reported_of_the_enforced_and_of_the_tried_policy() {
    let endpoint = ReportingEndpoint::new("csp", "/api/v1/reports").unwrap();
    let tried =
        ContentSecurityPolicy::parse("default-src 'none'; script-src 'nonce'; report-to own").unwrap();
    let page = HeaderProfile::html().with_reports(&endpoint).with_report_only_policy(&tried);
    let layer = SecurityHeadersLayer::new().with_html(page.clone());
    let nonce = CspNonce::generate();
    for with_nonce in [false, true] {
        let mut response = of_type("text/html");
        if with_nonce {
            response.extensions_mut().insert(nonce);
        }
        let response = answer(&layer, request(true, &[]), response).await;
        let said = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(said("reporting-endpoints"), "csp=\"/api/v1/reports\"");
        assert!(
            said("content-security-policy").ends_with(";require-trusted-types-for 'script';report-to csp")
        );
        let scripts = if with_nonce { format!("'nonce-{nonce}'") } else { "'none'".to_owned() };
        assert!(said("content-security-policy").contains(&format!("script-src {scripts}")));
        let expected = format!("default-src 'none';script-src {scripts};report-to own");
        assert_eq!(said("content-security-policy-report-only"), expected);
    }
    let response = answer(&layer, request(true, &[]), of_type("application/json")).await;
    assert!(
        !response.headers().contains_key("reporting-endpoints"),
        "an answer that is no page loads nothing"
    );
    let silent = layer.with_html(page.without_header(&HeaderName::from_static("reporting-endpoints")));
    let response = answer(&silent, request(true, &[]), of_type("text/html")).await;
    assert!(!response.headers()["content-security-policy"].to_str().unwrap().contains("report-to"));
}

#[tokio::test]
async fn upgrades_are_asked_for_over_https_only() {
    let policy = ContentSecurityPolicy::html().with(Directive::UpgradeInsecureRequests, "").unwrap();
    let layer = SecurityHeadersLayer::new().with_html(HeaderProfile::html().with_policy(&policy));
    for (https, nonce) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut response = of_type("text/html");
        if nonce {
            response.extensions_mut().insert(CspNonce::generate());
        }
        let response = answer(&layer, request(https, &[]), response).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert_eq!(policy.ends_with(";upgrade-insecure-requests"), https, "{policy}");
    }
}

#[tokio::test]
async fn a_page_that_embeds_others_says_so_in_types() {
    let page = HeaderProfile::html()
        .with_opener_policy(OpenerPolicy::SameOriginAllowPopups)
        .with_embedder_policy(EmbedderPolicy::Credentialless)
        .with_resource_policy(ResourcePolicy::SameSite)
        .with_referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
        .with_permissions_policy(&PermissionsPolicy::new());
    let layer = SecurityHeadersLayer::new().with_html(page);
    let response = answer(&layer, request(false, &[]), of_type("text/html")).await;
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
        ("cross-origin-embedder-policy", "credentialless"),
        ("cross-origin-resource-policy", "same-site"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    assert!(!response.headers().contains_key("permissions-policy"));
}

#[tokio::test]
async fn headers_of_the_handler_that_only_look_like_ours_change_nothing() {
    // By the filter's own measure they may be ours: same length, same letters where it looks.
    let mut response = of_type("application/json");
    for name in ["content-s3curity-policy", "x-c0ntent-type-options", "cross-or1gin-resource-policy"] {
        response.headers_mut().insert(name, HeaderValue::from_static("own"));
    }
    let response = answer(&SecurityHeadersLayer::new(), request(true, &[("cookie", "a")]), response).await;
    assert_eq!(response.headers().len(), 10);
    assert_eq!(response.headers()["content-security-policy"], API_POLICY);
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
    check::<webhook::WebhookVerifier>();
    check::<webhook::VerifyToken>();
}

proptest! {
    #[test]
    fn no_header_of_the_handler_is_lost_or_doubled(
        names in proptest::collection::btree_set(0_usize..9, 0..9), content_type in "[ -~]{0,24}", https: bool,
    ) {
        let known = ["content-security-policy", "x-content-type-options", "referrer-policy", "vary",
            "cross-origin-resource-policy", "cache-control", "x-own", "permissions-policy", "strict-transport-security"];
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

proptest! {
    // An answer that has none of ours takes a shorter way than one that may; a profile of its own takes the longer one.
    #[test]
    fn both_ways_to_dress_an_answer_end_the_same(
        names in proptest::collection::btree_set("[a-z$][a-z0-9-]{0,30}|server|x-powered-by|cache-control|x-b3-traceid", 0..12),
        https: bool, private: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dressed = |instead: Option<HeaderOverride>| {
            let mut response = of_type("application/json");
            for name in &names {
                response.headers_mut().append(HeaderName::try_from(name).unwrap(), HeaderValue::from_static("own"));
            }
            if let Some(instead) = instead {
                response.extensions_mut().insert(instead);
            }
            let asked = request(https, if private { &[("cookie", "a=b")] } else { &[] });
            runtime.block_on(answer(&SecurityHeadersLayer::new(), asked, response)).into_parts().0.headers
        };
        let short = dressed(None);
        prop_assert_eq!(&short, &dressed(Some(HeaderOverride::profile(HeaderProfile::api()))));
        prop_assert!(short.keys().all(|name| short.get_all(name).iter().count() == 1));
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
