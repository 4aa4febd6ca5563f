//! `HAProxy` itself, with both versions, and with what it adds to the second.

use campotech_serve::{Networks, ProxyProtocol};
use campotech_testkit::{DaemonBuilder, RawConnection};
use tower::service_fn;

use crate::support::{echo, get, local, start};

const CONFIGURATION: &str = r#"
defaults
    mode tcp
    timeout connect 5s
    timeout client 10s
    timeout server 10s
listen one
    bind "${ONE}"
    server one "${SERVER}" send-proxy
listen two
    bind "${TWO}"
    server two "${SERVER}" send-proxy-v2
listen more
    bind "${MORE}"
    server more "${SERVER}" send-proxy-v2 proxy-v2-options crc32c,unique-id
"#;

#[tokio::test]
async fn haproxy_says_who_the_client_is() {
    let here = ProxyProtocol::required_from(Networks::parse("127.0.0.1").unwrap()).unwrap();
    let running = start(local().await.with_proxy_protocol(here), service_fn(echo));
    let builder = DaemonBuilder::installed("haproxy", "haproxy").ports(3);
    let haproxy = ["-db", "-f", "{dir}/haproxy.cfg"]
        .into_iter()
        .fold(builder, DaemonBuilder::arg)
        .env("ONE", "{addr}")
        .env("TWO", "{addr2}")
        .env("MORE", "{addr3}")
        .env("SERVER", running.addr.to_string())
        .file("haproxy.cfg", CONFIGURATION)
        .start()
        .await;
    for port in 0..3 {
        let from = format!("127.0.0.{}", 5 + port).parse().unwrap();
        let mut client = RawConnection::open_from(from, haproxy.addrs().nth(port).unwrap()).await.unwrap();
        let seen = get(&mut client, "/").await.unwrap().text();
        assert!(seen.starts_with(&format!("{from}:")), "{seen}");
    }
    assert_eq!(running.stats.snapshot().failed_proxy_header, 0);
}
