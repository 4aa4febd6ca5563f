//! A private PostgreSQL, as tests use it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::sync::Arc;
use std::time::Duration;

use campotech_testkit::{Fault, FaultProxy, Postgres, Redis, RedisCluster, RedisSentinel};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A server that is frozen would not answer in any time; one that isn't answers in milliseconds.
const WHILE: Duration = Duration::from_millis(300);
const DEADLINE: Duration = Duration::from_secs(30);

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_ordinary_role_owns_its_database() {
    let pg = Postgres::builder().setting("max_connections", "17").start().await;
    println!("start: {:?}", pg.started_in());
    let client = connect(&pg.url()).await;
    client.batch_execute("CREATE TABLE jobs (title text); INSERT INTO jobs VALUES ('gas')").await.unwrap();
    assert_eq!(text(&client, "SELECT title FROM jobs").await, "gas");
    assert_eq!(text(&client, "SHOW max_connections").await, "17");
    assert_eq!(text(&client, "SELECT current_setting('is_superuser')").await, "off");
    assert_eq!(text(&pg.admin().await, "SELECT current_setting('is_superuser')").await, "on");
    let wrong = pg.url().replacen("campotech:", "campotech:x", 1);
    let refused = tokio_postgres::connect(&wrong, NoTls).await.err().unwrap();
    assert_eq!(refused.code(), Some(&SqlState::INVALID_PASSWORD));
    assert!(!format!("{pg:?}").contains(&pg.url()["postgres://campotech:".len()..][..32]));
}

#[tokio::test]
async fn a_frozen_server_answers_nothing_and_then_all() {
    let pg = Postgres::start().await;
    let client = connect(&pg.url()).await;
    assert_eq!(text(&client, "SELECT 'warm'").await, "warm");
    pg.freeze();
    let mut pending = std::pin::pin!(text(&client, "SELECT 'late'"));
    assert!(timeout(WHILE, &mut pending).await.is_err(), "the session that was open hangs");
    assert!(timeout(WHILE, connect(&pg.url())).await.is_err(), "so does a new one");
    pg.thaw();
    assert_eq!(timeout(DEADLINE, pending).await.unwrap(), "late");
    assert_eq!(text(&connect(&pg.url()).await, "SELECT 'new'").await, "new");
}

#[tokio::test]
async fn what_was_committed_survives_a_kill_and_a_stop() {
    let pg = Postgres::start().await;
    let (url, addr) = (pg.url(), pg.addr());
    let client = connect(&url).await;
    client.batch_execute("CREATE TABLE kept (n int)").await.unwrap();
    for n in 0..50 {
        client.execute("INSERT INTO kept VALUES ($1)", &[&n]).await.unwrap();
    }
    pg.kill().await;
    assert!(client.query_one("SELECT 1", &[]).await.is_err());
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    pg.restart().await;
    assert_eq!((pg.url(), pg.addr()), (url.clone(), addr));
    let client = connect(&url).await;
    assert_eq!(text(&client, "SELECT count(*)::text FROM kept").await, "50");
    pg.stop().await;
    assert!(client.query_one("SELECT 1", &[]).await.is_err());
    pg.restart().await;
    assert_eq!(text(&connect(&url).await, "SELECT count(*)::text FROM kept").await, "50");
    // A running one, a frozen one.
    pg.restart().await;
    pg.freeze();
    pg.restart().await;
    assert_eq!(text(&connect(&url).await, "SELECT count(*)::text FROM kept").await, "50");
}

#[tokio::test]
async fn a_standby_follows_and_refuses_to_write() {
    let pg = Postgres::start().await;
    let standby = pg.standby().await;
    println!("standby: {:?}", standby.started_in());
    let primary = connect(&pg.url()).await;
    primary.batch_execute("CREATE TABLE followed (n int); INSERT INTO followed VALUES (1)").await.unwrap();
    let replica = connect(&standby.url()).await;
    let arrived = async {
        while replica.query_one("SELECT n FROM followed", &[]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, arrived).await.unwrap();
    let refused = replica.execute("INSERT INTO followed VALUES (2)", &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::READ_ONLY_SQL_TRANSACTION));
}

#[tokio::test]
async fn with_tls_the_application_comes_by_tls_or_not_at_all() {
    let pg = Postgres::builder().tls().start().await;
    let url = pg.url();
    assert!(url.ends_with("?sslmode=require"), "{url}");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pg.ca_pem().as_bytes()).unwrap()).unwrap();
    let trusting = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let (client, connection) = tokio_postgres::connect(&url, MakeRustlsConnect::new(trusting)).await.unwrap();
    tokio::spawn(connection);
    let version = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(text(&client, version).await, "TLSv1.3");
    let plain = url.replace("require", "disable");
    let refused = tokio_postgres::connect(&plain, NoTls).await.err().unwrap();
    assert_eq!(refused.code(), Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION));
    let strangers =
        ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    assert!(tokio_postgres::connect(&url, MakeRustlsConnect::new(strangers)).await.is_err());
    assert_eq!(text(&pg.admin().await, "SELECT 'admin'").await, "admin");
}

#[tokio::test]
async fn a_proxy_may_stand_before_it() {
    let pg = Postgres::start().await;
    let proxy = FaultProxy::start(pg.addr()).await;
    let client = connect(&pg.url_via(proxy.addr())).await;
    assert_eq!(text(&client, "SELECT 'through'").await, "through");
    proxy.set(Fault::Blackhole);
    assert!(timeout(WHILE, client.query("SELECT 1", &[])).await.is_err());
    assert_eq!((proxy.connections(), proxy.accepted()), (1, 1));
}

#[tokio::test]
async fn servers_can_be_shared_and_their_futures_sent() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>(future: T) -> T {
        future
    }
    shared::<(Postgres, Redis, RedisCluster, RedisSentinel, FaultProxy)>();
    let pg = Arc::new(Postgres::start().await);
    let mine = Arc::clone(&pg);
    let elsewhere = tokio::spawn(async move {
        sent(mine.kill()).await;
        sent(mine.restart()).await;
        sent(mine.stop()).await;
        sent(mine.restart()).await;
        sent(mine.standby()).await;
        text(&sent(mine.admin()).await, "SELECT 'there'").await
    });
    assert_eq!(elsewhere.await.unwrap(), "there");
    assert!(pg.is_up());
    let unused = |redis: &Redis, cluster: &RedisCluster, sentinel: &RedisSentinel| {
        drop((sent(redis.restart()), sent(redis.try_command(&[])), sent(cluster.primary_of("key"))));
        drop((sent(cluster.settled()), sent(sentinel.kill_primary()), sent(sentinel.settled())));
        drop((sent(RedisCluster::start()), sent(RedisSentinel::start()), sent(Redis::start())));
    };
    let _ = unused;
}

#[tokio::test]
async fn many_start_at_once() {
    let all = (0..4).map(|_| tokio::spawn(Postgres::start())).collect::<Vec<_>>();
    let mut ports = Vec::new();
    for one in all {
        let pg = one.await.unwrap();
        connect(&pg.url()).await;
        ports.push(pg.addr().port());
    }
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 4);
}
