//! The client behind trusted proxies: a table, properties, bare hyper and axum.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use campotech_core::{ClientIp, PeerAddr};
use campotech_security::client_ip::{ClientIpLayer, ForwardingHeader, TrustedProxies};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

const TRUSTED: &str = "10.0.0.0/8, 192.168.0.1, fd00::/8";

fn layer() -> ClientIpLayer {
    ClientIpLayer::new(TrustedProxies::parse(TRUSTED).unwrap())
}

fn rfc7239() -> ClientIpLayer {
    layer().with_header(ForwardingHeader::Forwarded)
}

/// What the service inside is told.
fn seen(layer: &ClientIpLayer, peer: Option<&str>, headers: HeaderMap) -> Option<ClientIp> {
    let mut request = Request::new(());
    if let Some(peer) = peer {
        request.extensions_mut().insert(PeerAddr(SocketAddr::new(peer.parse().unwrap(), 4711)));
    }
    *request.headers_mut() = headers;
    let mut service = layer.layer(service_fn(|request: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(request.extensions().get::<ClientIp>().copied()))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { service.ready().await.unwrap().call(request).await.unwrap() })
}

fn lines(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Peer, `X-Forwarded-For` lines, the client.
const X_FORWARDED_FOR: &[(&str, &[&str], &str)] = &[
    // Nobody in between.
    ("203.0.113.7", &[], "203.0.113.7"),
    ("2001:db8::7", &[], "2001:db8::7"),
    ("::ffff:203.0.113.7", &[], "203.0.113.7"),
    // A stranger's header never counts.
    ("203.0.113.7", &["1.1.1.1"], "203.0.113.7"),
    ("203.0.113.7", &["10.0.0.1"], "203.0.113.7"),
    ("203.0.113.7", &["1.1.1.1, 10.0.0.1"], "203.0.113.7"),
    ("203.0.113.7", &["1.1.1.1", "2.2.2.2"], "203.0.113.7"),
    ("203.0.113.7", &["garbage"], "203.0.113.7"),
    ("203.0.113.7", &[""], "203.0.113.7"),
    ("11.0.0.1", &["1.1.1.1"], "11.0.0.1"),
    ("192.168.0.2", &["1.1.1.1"], "192.168.0.2"),
    ("::ffff:11.0.0.1", &["1.1.1.1"], "11.0.0.1"),
    // One trusted proxy.
    ("10.0.0.1", &[], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["  203.0.113.7  "], "203.0.113.7"),
    ("10.0.0.1", &["\t203.0.113.7\t"], "203.0.113.7"),
    ("192.168.0.1", &["203.0.113.7"], "203.0.113.7"),
    ("fd00::1", &["203.0.113.7"], "203.0.113.7"),
    ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
    ("10.0.0.1", &["2001:0DB8:0:0::7"], "2001:db8::7"),
    ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
    ("10.0.0.1", &["[2001:db8::7]:443"], "2001:db8::7"),
    ("10.0.0.1", &["203.0.113.7:51234"], "203.0.113.7"),
    ("10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["[::ffff:203.0.113.7]:80"], "203.0.113.7"),
    ("10.0.0.1", &["::ffff:cb00:7107"], "203.0.113.7"),
    // What the client wrote in front is not looked at.
    ("10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["10.0.0.9, 203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["garbage, 203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &[", , ,203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["\"1.1.1.1, 203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["1.1.1.1,203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["é, 203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["127.0.0.1, ::1, 203.0.113.7"], "203.0.113.7"),
    // Several lines are one list.
    ("10.0.0.1", &["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
    ("10.0.0.1", &["203.0.113.7", "10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["1.1.1.1, 203.0.113.7", "10.0.0.3, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["1.1.1.1", "", "10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", &["203.0.113.7", ""], "10.0.0.1"),
    // Chains of proxies.
    ("10.0.0.1", &["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["203.0.113.7, 192.168.0.1, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["203.0.113.7, fd00::2, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["203.0.113.7, [fd00::2]:80, 10.0.0.2:81"], "203.0.113.7"),
    ("10.0.0.1", &["203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["1.1.1.1, 10.0.0.3, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
    ("10.0.0.1", &["192.168.0.2, 10.0.0.2"], "192.168.0.2"),
    // Everybody is trusted: the farthest one.
    ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", &["10.0.0.4, 10.0.0.3, 10.0.0.2"], "10.0.0.4"),
    // What can't be read ends the walk at the last trusted hop.
    ("10.0.0.1", &[""], "10.0.0.1"),
    ("10.0.0.1", &["   "], "10.0.0.1"),
    ("10.0.0.1", &[","], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7,"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7, , 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", &["203.0.113.7, localhost, 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", &["203.0.113.7, _hidden"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.256"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.07"], "10.0.0.1"),
    ("10.0.0.1", &["0xcb007107"], "10.0.0.1"),
    ("10.0.0.1", &["3405803783"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7/32"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7:"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7:http"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7:65536"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7:123456"], "10.0.0.1"),
    ("10.0.0.1", &["[203.0.113.7]"], "10.0.0.1"),
    ("10.0.0.1", &["[2001:db8::7"], "10.0.0.1"),
    ("10.0.0.1", &["2001:db8::7]"], "10.0.0.1"),
    ("10.0.0.1", &["[2001:db8::7]443"], "10.0.0.1"),
    ("10.0.0.1", &["[2001:db8::7]:"], "10.0.0.1"),
    ("10.0.0.1", &["fe80::1%eth0"], "10.0.0.1"),
    ("10.0.0.1", &["2001:db8:::7"], "10.0.0.1"),
    ("10.0.0.1", &["\"203.0.113.7\""], "10.0.0.1"),
    ("10.0.0.1", &["for=203.0.113.7"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7 10.0.0.2"], "10.0.0.1"),
    ("10.0.0.1", &["203.0.113.7; 10.0.0.2"], "10.0.0.1"),
    ("10.0.0.1", &["é"], "10.0.0.1"),
];

/// Peer, `Forwarded` lines, the client, whether it is on https.
const FORWARDED: &[(&str, &[&str], &str, bool)] = &[
    ("203.0.113.7", &["for=1.1.1.1;proto=https"], "203.0.113.7", false),
    ("10.0.0.1", &[], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7"], "203.0.113.7", false),
    ("10.0.0.1", &["For=203.0.113.7;Proto=HTTPS"], "203.0.113.7", true),
    ("10.0.0.1", &["for=203.0.113.7;proto=http;by=10.0.0.1"], "203.0.113.7", false),
    ("10.0.0.1", &["proto=https;by=10.0.0.1;for=203.0.113.7"], "203.0.113.7", true),
    ("10.0.0.1", &["for = 203.0.113.7"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7 ; proto=https"], "203.0.113.7", true),
    ("10.0.0.1", &["for=\"203.0.113.7\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=\"203.0.113.7:47011\";proto=\"https\""], "203.0.113.7", true),
    ("10.0.0.1", &["for=\"[2001:db8:cafe::17]\""], "2001:db8:cafe::17", false),
    ("10.0.0.1", &["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17", false),
    ("10.0.0.1", &["for=\"[2001:db8:cafe::17]:_port\""], "2001:db8:cafe::17", false),
    ("10.0.0.1", &["for=\"[::ffff:203.0.113.7]\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=\"203\\.0.113.7\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=203.0.113.7:47011"], "203.0.113.7", false),
    ("10.0.0.1", &["for=[2001:db8::7]:80"], "2001:db8::7", false),
    ("10.0.0.1", &["for=203.0.113.7, for=10.0.0.2"], "203.0.113.7", false),
    ("10.0.0.1", &["for=203.0.113.7;proto=https, for=10.0.0.2;proto=http"], "203.0.113.7", true),
    ("10.0.0.1", &["for=203.0.113.7;proto=http, for=10.0.0.2;proto=https"], "203.0.113.7", false),
    ("10.0.0.1", &["for=203.0.113.7;proto=https", "for=10.0.0.2"], "203.0.113.7", true),
    ("10.0.0.1", &["for=1.1.1.1, for=203.0.113.7"], "203.0.113.7", false),
    ("10.0.0.1", &["for=1.1.1.1;proto=https, for=203.0.113.7"], "203.0.113.7", false),
    ("10.0.0.1", &["for=\"1.1.1.1, for=203.0.113.7"], "203.0.113.7", false),
    ("10.0.0.1", &["for=\"1.1.1.1\\, for=203.0.113.7"], "203.0.113.7", false),
    ("10.0.0.1", &["garbage\"\"\", for=\"203.0.113.7\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=1.1.1.1;by=\"a,b;c\", for=203.0.113.7;by=\"d,e;f\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=203.0.113.7;host=\"a\\\",for=1.1.1.1\""], "203.0.113.7", false),
    ("10.0.0.1", &["for=203.0.113.7, for=unknown"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7, for=unknown;proto=https"], "10.0.0.1", true),
    ("10.0.0.1", &["for=203.0.113.7, for=_gazonk"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7, for=\"_gazonk:80\", for=10.0.0.2"], "10.0.0.2", false),
    ("10.0.0.1", &["for=203.0.113.7, for=\"unknown:80\""], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7, by=10.0.0.1"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7;for=1.1.1.1"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7,"], "10.0.0.1", false),
    ("10.0.0.1", &[""], "10.0.0.1", false),
    ("10.0.0.1", &["for="], "10.0.0.1", false),
    ("10.0.0.1", &["for"], "10.0.0.1", false),
    ("10.0.0.1", &["=203.0.113.7"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7;"], "10.0.0.1", false),
    ("10.0.0.1", &["for=2001:db8::7;x=é"], "10.0.0.1", false),
    ("10.0.0.1", &["for=\"203.0.113.7"], "10.0.0.1", false),
    ("10.0.0.1", &["for=203.0.113.7\""], "10.0.0.1", false),
    ("10.0.0.1", &["for=\"203.0.113.7\" x"], "10.0.0.1", false),
    ("10.0.0.1", &["for=\"203.0.113.7\\"], "10.0.0.1", false),
    ("10.0.0.1", &["203.0.113.7"], "10.0.0.1", false),
];

/// `X-Forwarded-For`, `X-Forwarded-Proto` lines from the trusted peer 10.0.0.1, whether the client is on https.
const X_FORWARDED_PROTO: &[(&str, &[&str], bool)] = &[
    ("203.0.113.7", &[], false),
    ("203.0.113.7", &["https"], true),
    ("203.0.113.7", &["HTTPS"], true),
    ("203.0.113.7", &["wss"], true),
    ("203.0.113.7", &["http"], false),
    ("203.0.113.7", &["httpsx"], false),
    ("203.0.113.7", &[""], false),
    // A forged value stands left of the proxy's.
    ("203.0.113.7", &["https, http"], false),
    ("203.0.113.7", &["https", "http"], false),
    ("203.0.113.7", &["http, https"], true),
    ("1.1.1.1, 203.0.113.7", &["https, http"], false),
    // Each proxy appends, or one speaks for the chain.
    ("203.0.113.7, 10.0.0.2", &["https, http"], true),
    ("203.0.113.7, 10.0.0.2", &["http, https"], false),
    ("203.0.113.7, 10.0.0.2", &["https"], true),
    ("203.0.113.7, 10.0.0.3, 10.0.0.2", &["https, http"], false),
    ("203.0.113.7, 10.0.0.3, 10.0.0.2", &["http, https"], false),
    ("10.0.0.3, 10.0.0.2", &["https, http"], true),
    ("203.0.113.7, unknown", &["https"], true),
];

#[test]
fn x_forwarded_for_is_walked_from_the_right() {
    for (peer, values, expected) in X_FORWARDED_FOR {
        let pairs: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
        let client = seen(&layer(), Some(peer), lines(&pairs)).unwrap();
        assert_eq!(client.ip(), expected.parse::<IpAddr>().unwrap(), "{peer} {values:?}");
        let trusted = TrustedProxies::parse(TRUSTED).unwrap().contains(peer.parse().unwrap());
        assert_eq!(client.trusted_peer(), trusted, "{peer}");
    }
    assert!(X_FORWARDED_FOR.len() + FORWARDED.len() + X_FORWARDED_PROTO.len() >= 140);
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
fn only_the_chosen_header_is_read() {
    let both = lines(&[("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=2.2.2.2;proto=https")]);
    let client = seen(&layer(), Some("10.0.0.1"), both.clone()).unwrap();
    assert_eq!((client.ip().to_string().as_str(), client.https()), ("1.1.1.1", false));
    let client = seen(&rfc7239(), Some("10.0.0.1"), both).unwrap();
    assert_eq!((client.ip().to_string().as_str(), client.https()), ("2.2.2.2", true));
}

#[test]
fn a_listener_with_tls_makes_its_own_peers_https() {
    let layer = layer().with_direct_https(true);
    assert!(seen(&layer, Some("203.0.113.7"), HeaderMap::new()).unwrap().https());
    assert!(seen(&layer, Some("10.0.0.1"), lines(&[("x-forwarded-for", "1.1.1.1")])).unwrap().https());
    let told = lines(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "http")]);
    assert!(!seen(&layer, Some("10.0.0.1"), told).unwrap().https());
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
    assert_eq!(
        observer.lines(),
        [
            "decision client_ip reported no_peer",
            "decision client_ip reported untrusted_peer",
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
            let seen = seen(&layer, Some("10.0.0.1"), headers).unwrap();
            prop_assert_eq!(seen.ip(), IpAddr::V4(client), "{}", joined);
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
