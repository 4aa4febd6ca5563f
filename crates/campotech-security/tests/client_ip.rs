//! The client behind trusted proxies: a table, properties, bare hyper and axum.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use campotech_core::{ClientIp, DirectTls, ForwardedHost, PeerAddr};
use campotech_security::client_ip::{ClientIpLayer, ForwardingHeader, TrustedProxies};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};

#[path = "client_ip/table.rs"]
mod table;

use table::{FORWARDED, FORWARDED_HOST, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};

const TRUSTED: &str = "10.0.0.0/8, 192.168.0.1, fd00::/8";

fn layer() -> ClientIpLayer {
    ClientIpLayer::new(TrustedProxies::parse(TRUSTED).unwrap())
}

fn rfc7239() -> ClientIpLayer {
    layer().with_header(ForwardingHeader::Forwarded)
}

/// What the service inside is told.
fn seen(layer: &ClientIpLayer, peer: Option<&str>, headers: HeaderMap) -> Option<ClientIp> {
    told(layer, peer, headers).0
}

/// The same, and the host.
fn told(
    layer: &ClientIpLayer,
    peer: Option<&str>,
    headers: HeaderMap,
) -> (Option<ClientIp>, Option<ForwardedHost>) {
    told_with(layer, peer, headers, |_| ())
}

fn told_with(
    layer: &ClientIpLayer,
    peer: Option<&str>,
    headers: HeaderMap,
    with: impl FnOnce(&mut Request<()>),
) -> (Option<ClientIp>, Option<ForwardedHost>) {
    let mut request = Request::new(());
    with(&mut request);
    if let Some(peer) = peer {
        request.extensions_mut().insert(PeerAddr(SocketAddr::new(peer.parse().unwrap(), 4711)));
    }
    *request.headers_mut() = headers;
    let mut service = layer.layer(service_fn(|request: Request<()>| {
        let extensions = request.extensions();
        let told = (extensions.get::<ClientIp>().copied(), extensions.get::<ForwardedHost>().cloned());
        std::future::ready(Ok::<_, Infallible>(told))
    }));
    service.call(request).into_inner().unwrap()
}

fn lines(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn x_forwarded_for_is_walked_from_the_right() {
    for (peer, values, expected) in X_FORWARDED_FOR {
        let pairs: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
        let client = seen(&layer(), Some(peer), lines(&pairs)).unwrap();
        assert_eq!(client.ip(), expected.parse::<IpAddr>().unwrap(), "{peer} {values:?}");
        let trusted = TrustedProxies::parse(TRUSTED).unwrap().contains(peer.parse().unwrap());
        assert_eq!(client.trusted_peer(), trusted, "{peer}");
    }
    assert!(X_FORWARDED_FOR.len() + FORWARDED.len() >= 200, "{}", X_FORWARDED_FOR.len() + FORWARDED.len());
}

#[test]
fn forwarded_is_read_as_rfc_7239_has_it() {
    for (peer, values, expected, https) in FORWARDED {
        let pairs: Vec<_> = values.iter().map(|value| ("forwarded", *value)).collect();
        let client = seen(&rfc7239(), Some(peer), lines(&pairs)).unwrap();
        assert_eq!(client.ip(), expected.parse::<IpAddr>().unwrap(), "{peer} {values:?}");
        assert_eq!(client.https(), *https, "{peer} {values:?}");
    }
}

#[test]
fn the_protocol_is_that_of_the_clients_own_hop() {
    for (addresses, protos, https) in X_FORWARDED_PROTO {
        let mut pairs = vec![("x-forwarded-for", *addresses)];
        pairs.extend(protos.iter().map(|proto| ("x-forwarded-proto", *proto)));
        let client = seen(&layer(), Some("10.0.0.1"), lines(&pairs)).unwrap();
        assert_eq!(client.https(), *https, "{addresses} {protos:?}");
        let stranger = seen(&layer(), Some("203.0.113.9"), lines(&pairs)).unwrap();
        assert!(!stranger.https());
    }
}

#[test]
fn the_host_is_that_of_the_clients_own_hop() {
    let asked = layer().with_forwarded_host(true);
    let name = |host: Option<ForwardedHost>| host.map(|host| host.to_string());
    for (addresses, hosts, expected) in X_FORWARDED_HOST {
        let mut pairs = vec![("x-forwarded-for", *addresses)];
        pairs.extend(hosts.iter().map(|host| ("x-forwarded-host", *host)));
        let (client, host) = told(&asked, Some("10.0.0.1"), lines(&pairs));
        assert_eq!(name(host).as_deref(), *expected, "{addresses} {hosts:?}");
        assert!(client.is_some());
        assert_eq!(told(&asked, Some("203.0.113.9"), lines(&pairs)).1, None, "a stranger's");
        assert_eq!(told(&layer(), Some("10.0.0.1"), lines(&pairs)).1, None, "unless it is asked for");
    }
    for (line, expected) in FORWARDED_HOST {
        let host = told(&rfc7239(), Some("10.0.0.1"), lines(&[("forwarded", line)])).1;
        assert_eq!(name(host).as_deref(), *expected, "{line}");
        assert_eq!(told(&rfc7239(), Some("203.0.113.9"), lines(&[("forwarded", line)])).1, None);
    }
}

/// How many rows of the same tables `tower_governor` gets wrong: it believes any peer, and the farthest address.
#[cfg(feature = "tower-governor")]
#[test]
fn tower_governors_smart_key_reads_the_same_tables() {
    use campotech_security::governor::tower_governor::key_extractor::{KeyExtractor, SmartIpKeyExtractor};

    let wrong = |name: &str, peer: &str, values: &[&str], client: &str| {
        let mut request = Request::new(());
        let pairs: Vec<_> = values.iter().map(|value| (name, *value)).collect();
        *request.headers_mut() = lines(&pairs);
        request.extensions_mut().insert(SocketAddr::new(peer.parse().unwrap(), 4711));
        SmartIpKeyExtractor.extract(&request).ok() != Some(client.parse::<IpAddr>().unwrap())
    };
    let x = X_FORWARDED_FOR.iter().filter(|row| wrong("x-forwarded-for", row.0, row.1, row.2)).count();
    let f = FORWARDED.iter().filter(|row| wrong("forwarded", row.0, row.1, row.2)).count();
    let all = X_FORWARDED_FOR.len() + FORWARDED.len();
    println!("client_ip: {all} rows, ours wrong 0, SmartIpKeyExtractor wrong {}", x + f);
    assert!(x > 0 && f > 0, "{x} {f}");
    // Each forged prefix is another key of its.
    assert!(wrong("x-forwarded-for", "10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"));
}

#[test]
fn only_the_chosen_header_is_read() {
    let both = lines(&[("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=2.2.2.2;proto=https")]);
    let client = seen(&layer(), Some("10.0.0.1"), both.clone()).unwrap();
    assert_eq!((client.ip().to_string().as_str(), client.https()), ("1.1.1.1", false));
    let client = seen(&rfc7239(), Some("10.0.0.1"), both).unwrap();
    assert_eq!((client.ip().to_string().as_str(), client.https()), ("2.2.2.2", true));
}

#[test]
fn a_listener_with_tls_makes_its_own_peers_https() {
    let plain = layer();
    let layer = layer().with_direct_https(true);
    assert!(seen(&layer, Some("203.0.113.7"), HeaderMap::new()).unwrap().https());
    assert!(seen(&layer, Some("10.0.0.1"), lines(&[("x-forwarded-for", "1.1.1.1")])).unwrap().https());
    let told = lines(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "http")]);
    assert!(!seen(&layer, Some("10.0.0.1"), told).unwrap().https());
    // One that says so of each request needs no setting.
    assert!(!seen(&plain, Some("203.0.113.7"), HeaderMap::new()).unwrap().https());
    let with_tls = |request: &mut Request<()>| {
        request.extensions_mut().insert(DirectTls);
    };
    assert!(told_with(&plain, Some("203.0.113.7"), HeaderMap::new(), with_tls).0.unwrap().https());
}

#[test]
fn findings_are_reported_and_strangers_share_no_bucket() {
    let observer = RecordingObserver::default();
    let layer = layer().with_observer(Arc::new(observer.clone()));
    let forwarded = || lines(&[("x-forwarded-for", "1.1.1.1")]);
    assert_eq!(seen(&layer, None, forwarded()), None);
    assert!(seen(&layer, Some("203.0.113.7"), forwarded()).is_some());
    assert!(seen(&layer, Some("10.0.0.1"), lines(&[("x-forwarded-for", "x")])).is_some());
    assert!(seen(&layer, Some("10.0.0.1"), forwarded()).is_some());
    let odd_host = lines(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-host", "a/b")]);
    assert!(seen(&layer, Some("10.0.0.1"), odd_host.clone()).is_some(), "it is not read");
    assert!(seen(&layer.with_forwarded_host(true), Some("10.0.0.1"), odd_host).is_some());
    assert_eq!(
        observer.lines(),
        [
            "decision client_ip reported no_peer",
            "decision client_ip reported untrusted_peer",
            "decision client_ip reported malformed",
            "decision client_ip reported malformed",
        ]
    );
}

fn forged() -> impl Strategy<Value = String> {
    let entry = prop_oneof![
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| format!("for=\"[{ip}]\"")),
        Just("10.0.0.9".to_owned()),
        Just("for=10.0.0.9;proto=https".to_owned()),
        "[ -~]{0,24}",
        "[\"\\\\,;=a ]{0,12}",
    ];
    proptest::collection::vec(entry, 0..6).prop_map(|entries| entries.join(","))
}

proptest! {
    #[test]
    fn a_forged_prefix_never_changes_the_client(prefix in forged(), own_line: bool, hops in 0_usize..3, client: std::net::Ipv4Addr) {
        prop_assume!(!TrustedProxies::parse(TRUSTED).unwrap().contains(client.into()));
        for (layer, name, entry) in [(layer(), "x-forwarded-for", ""), (rfc7239(), "forwarded", "for=")] {
            let mut appended = vec![format!("{entry}{client}")];
            appended.extend((0..hops).map(|hop| format!("{entry}10.0.0.{}", hop + 2)));
            let appended = appended.join(", ");
            let joined = format!("{prefix}, {appended}");
            let headers = if own_line { lines(&[(name, &prefix), (name, &appended)]) } else { lines(&[(name, &joined)]) };
            let (seen, host) = told(&layer.with_forwarded_host(true), Some("10.0.0.1"), headers);
            prop_assert_eq!(seen.unwrap().ip(), IpAddr::V4(client), "{}", joined);
            prop_assert!(!seen.unwrap().https() && host.is_none(), "{}", joined);
        }
    }

    #[test]
    fn a_strangers_headers_never_count(forged in forged(), peer: std::net::Ipv6Addr) {
        prop_assume!(!TrustedProxies::parse(TRUSTED).unwrap().contains(peer.into()));
        let headers = lines(&[("x-forwarded-for", &forged), ("forwarded", &forged), ("x-forwarded-proto", "https")]);
        for layer in [layer(), rfc7239()] {
            let seen = seen(&layer, Some(&peer.to_string()), headers.clone()).unwrap();
            prop_assert_eq!(seen, ClientIp::new(peer.into(), false));
        }
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper() {
    let layer = ClientIpLayer::new(TrustedProxies::parse("127.0.0.2").unwrap());
    let service = layer.layer(service_fn(|request: Request<hyper::body::Incoming>| async move {
        let client = request.extensions().get::<ClientIp>().unwrap();
        let text = format!("{} {} {}", client.ip(), client.trusted_peer(), client.https());
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from(text)))
    }));
    let server = HyperServer::start(service).await;
    let head = "GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 1.1.1.1\r\nx-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: https\r\n\r\n";
    for (from, expected) in [("127.0.0.1", "127.0.0.1 false false"), ("127.0.0.2", "203.0.113.7 true true")] {
        let mut connection = RawConnection::open_from(from.parse().unwrap(), server.addr()).await.unwrap();
        connection.send(head).await.unwrap();
        assert_eq!(connection.receive().await.unwrap().text(), expected);
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_with_its_connect_info() {
    use axum::Extension;
    use axum::routing::get;

    let router = axum::Router::new()
        .route("/", get(|Extension(client): Extension<ClientIp>| async move { client.ip().to_string() }))
        .layer(ClientIpLayer::new(TrustedProxies::parse("127.0.0.1").unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let mut connection = RawConnection::open(addr).await.unwrap();
    connection.send("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 203.0.113.7\r\n\r\n").await.unwrap();
    let answer = connection.receive().await.unwrap();
    server.abort();
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "203.0.113.7"));
}
