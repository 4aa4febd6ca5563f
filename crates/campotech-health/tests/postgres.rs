//! The PostgreSQL check against real servers in every state that it tells apart.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use campotech_health::{Check, CheckResult, ComponentStatus, ConfigError, Health, Measure, Postgres, Reason};
use campotech_testkit::{Fault, FaultProxy, Postgres as Server};
use deadpool_postgres::tokio_postgres::{Client, Config, NoTls};
use deadpool_postgres::{Manager, Pool};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use ComponentStatus::{Degraded, Healthy, Unhealthy};

const SECONDS_10: Duration = Duration::from_secs(10);
const OK: (ComponentStatus, Reason) = (Healthy, Reason::Ok);

fn pool(url: &str) -> Pool {
    pool_of(url, 4)
}

fn pool_of(url: &str, size: usize) -> Pool {
    let config: Config = url.parse().unwrap();
    Pool::builder(Manager::new(config, NoTls)).max_size(size).build().unwrap()
}

fn with_times(check: Postgres, connect: Duration, all: Duration) -> Postgres {
    check.with_connect_timeout(connect).unwrap().with_timeout(all).unwrap()
}

/// With so much time that a busy machine can't make it fail.
fn patient(pool: &Pool) -> Postgres {
    calm(Postgres::new(pool))
}

fn calm(check: Postgres) -> Postgres {
    let long = Duration::from_secs(60);
    with_times(check, long, long).with_slow_after(long).unwrap()
}

/// For a server that will not answer.
fn hasty(check: Postgres) -> Postgres {
    with_times(check, Duration::from_millis(20), Duration::from_millis(30))
}

const fn runs(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// One run. What it found never holds a password, and every trouble has something for the log.
async fn run(check: &Postgres, server: &Server) -> (ComponentStatus, Reason) {
    let result = check.run().await;
    let config: Config = server.url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap().to_owned()).unwrap();
    let seen = format!("{:?} {result:?} {check:?}", result.message());
    assert!(!seen.contains(&password), "{seen}");
    assert!(!seen.contains("wrong-password"), "{seen}");
    let silent = result.reason() == Reason::Ok;
    assert_eq!(result.message().is_none(), silent, "{seen}");
    assert!(!result.message().unwrap_or_default().contains('\n'), "{seen}");
    (result.status(), result.reason())
}

async fn becomes(check: &Postgres, server: &Server, expected: (ComponentStatus, Reason)) {
    let mut seen = Vec::new();
    let reached = timeout(SECONDS_10, async {
        loop {
            let found = run(check, server).await;
            if found == expected {
                return;
            }
            seen.push(found);
        }
    });
    assert!(reached.await.is_ok(), "{expected:?}, found {seen:?}");
}

/// Sessions of the application's role, told by the server once there are as few as expected.
async fn sessions(admin: &Client) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'campotech'";
    admin.query_one(query, &[]).await.unwrap().get(0)
}

async fn sessions_become(admin: &Client, expected: i64) {
    let mut count = -1;
    let counted = timeout(SECONDS_10, async {
        while count != expected {
            sleep(Duration::from_millis(10)).await;
            count = sessions(admin).await;
        }
    });
    assert!(counted.await.is_ok(), "{count} sessions, expected {expected}");
}

async fn pid(client: &Client) -> String {
    let row = client.query_one("SELECT pg_backend_pid()::text", &[]).await.unwrap();
    row.get(0)
}

async fn postmaster(admin: &Client) -> String {
    let row = admin.query_one("SELECT pg_read_file('postmaster.pid')", &[]).await.unwrap();
    row.get::<_, String>(0).lines().next().unwrap().to_owned()
}

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), pid]).status().unwrap().success());
}

/// A port that nobody listens on.
async fn unused() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

/// A listener that hangs up on everybody.
async fn rude() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    addr
}

#[tokio::test]
async fn what_a_connection_can_meet_has_its_reason() {
    let server = Server::start().await;
    let admin = server.admin().await;
    for sql in [
        "CREATE DATABASE closed",
        "REVOKE CONNECT ON DATABASE closed FROM public",
        "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0 PASSWORD 'crowded-password'",
    ] {
        admin.batch_execute(sql).await.unwrap();
    }
    let url = server.url();
    let (login, rest) = url.split_once('@').unwrap();
    let database = |name: &str| format!("{login}@{}/{name}", server.addr());
    let user = |login: &str| format!("postgres://{login}@{rest}");
    let asking = |parameters: &str| format!("{url}?{parameters}");
    let host = |host: String| format!("{login}@{host}/campotech");
    let read_only = "options=-c%20default_transaction_read_only%3Don";
    for (situation, url, expected) in [
        ("all fine", url.clone(), OK),
        ("a wrong password", user("campotech:wrong-password"), (Unhealthy, Reason::Auth)),
        ("no password", user("campotech"), (Unhealthy, Reason::Auth)),
        ("an unknown role", user("nobody:wrong-password"), (Unhealthy, Reason::Auth)),
        ("no right to connect", database("closed"), (Unhealthy, Reason::Auth)),
        ("no such database", database("missing"), (Unhealthy, Reason::BadStatus)),
        ("a role's limit", user("crowded:crowded-password"), (Unhealthy, Reason::TooManyConnections)),
        ("TLS that is not offered", asking("sslmode=require"), (Unhealthy, Reason::Tls)),
        ("read-only by default", asking(read_only), (Unhealthy, Reason::ReadOnly)),
        (
            "no server that takes writes",
            asking(&format!("{read_only}&target_session_attrs=read-write")),
            (Unhealthy, Reason::ReadOnly),
        ),
        ("a port without a server", host(unused().await.to_string()), (Unhealthy, Reason::Refused)),
        ("a server that hangs up", host(rude().await.to_string()), (Unhealthy, Reason::Unreachable)),
        ("an unknown name", host("nothing.invalid".to_owned()), (Unhealthy, Reason::Dns)),
    ] {
        let check = patient(&pool(&url));
        assert_eq!(run(&check, &server).await, expected, "{situation}");
        assert_eq!(run(&check, &server).await, expected, "{situation}, again");
    }
    sessions_become(&admin, 0).await;
}

#[tokio::test]
async fn tls_is_the_pools() {
    fn trusting(url: &str, roots: RootCertStore) -> Postgres {
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let manager = Manager::new(url.parse().unwrap(), MakeRustlsConnect::new(config));
        patient(&Pool::builder(manager).build().unwrap())
    }
    let server = Server::builder().tls().start().await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let strangers = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let plain = server.url().replace("sslmode=require", "sslmode=disable");
    for (situation, check, expected) in [
        ("a trusted certificate", trusting(&server.url(), roots), OK),
        ("an unknown authority", trusting(&server.url(), strangers), (Unhealthy, Reason::Tls)),
        ("a client without TLS", patient(&pool(&server.url())), (Unhealthy, Reason::Tls)),
        ("a server that wants TLS", patient(&pool(&plain)), (Unhealthy, Reason::Auth)),
    ] {
        assert_eq!(run(&check, &server).await, expected, "{situation}");
    }
}

#[tokio::test]
async fn a_standby_takes_no_writes_until_it_is_promoted() {
    let primary = Server::start().await;
    let standby = primary.standby().await;
    let pool = pool(&standby.url());
    let check = patient(&pool);
    assert_eq!(run(&check, &standby).await, (Unhealthy, Reason::ReadOnly));
    assert_eq!(run(&patient(&pool).with_reads_sufficing(), &standby).await, OK);
    standby.admin().await.batch_execute("SELECT pg_promote()").await.unwrap();
    assert_eq!(run(&check, &standby).await, OK);
}

#[tokio::test]
async fn read_only_by_configuration_is_seen_on_the_old_connection() {
    let server = Server::start().await;
    let check = patient(&pool(&server.url())).with_runs_per_connection(NonZeroU32::MAX);
    assert_eq!(run(&check, &server).await, OK);
    let admin = server.admin().await;
    admin.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    becomes(&check, &server, (Unhealthy, Reason::ReadOnly)).await;
    sessions_become(&admin, 1).await;
}

#[tokio::test]
async fn each_run_is_one_statement_and_the_pool_is_left_alone() {
    let server =
        Server::builder().setting("log_statement", "all").setting("log_line_prefix", "%u ").start().await;
    let admin = server.admin().await;
    let pool = pool(&server.url());
    let check = patient(&pool).with_runs_per_connection(runs(10));
    for _ in 0..25 {
        assert_eq!(run(&check, &server).await, OK);
        sessions_become(&admin, 1).await;
    }
    let log = server.log();
    assert_eq!(log.matches("\ncampotech LOG:  statement: SELECT pg_is_in_recovery()").count(), 25, "{log}");
    assert_eq!(log.matches("\ncampotech LOG:").count(), 25, "nothing else: {log}");
    let status = pool.status();
    assert_eq!((status.size, status.available, status.waiting), (0, 0, 0));
    let query = "SELECT application_name FROM pg_stat_activity WHERE usename = 'campotech'";
    assert_eq!(admin.query_one(query, &[]).await.unwrap().get::<_, &str>(0), "campotech-health");

    let fresh = patient(&pool).with_runs_per_connection(runs(1));
    for _ in 0..50 {
        assert_eq!(run(&fresh, &server).await, OK);
    }
    // One weak reference for each connection that was ever opened, if they were not taken out.
    let caches = format!("{:?}", pool.manager().statement_caches);
    assert!(!caches.contains("Weak"), "{caches}");
    drop((check, fresh));
    sessions_become(&admin, 0).await;
}

#[tokio::test]
async fn a_pool_that_is_used_up_is_saturated_and_not_down() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool_of(&server.url(), 4);
    let check = patient(&pool);
    let mut leased = Vec::new();
    for _ in 0..4 {
        leased.push(pool.get().await.unwrap());
    }
    for _ in 0..3 {
        assert_eq!(run(&check, &server).await, OK, "busy, and nobody waits");
    }
    let waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    timeout(SECONDS_10, async {
        while pool.status().waiting == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(run(&check, &server).await, OK, "seen once");
    for _ in 0..6 {
        assert_eq!(run(&check, &server).await, (Degraded, Reason::Saturated));
        let status = pool.status();
        assert_eq!((status.size, status.available, status.waiting), (4, 0, 1));
    }
    sessions_become(&admin, 5).await;
    leased.pop();
    waiter.await.unwrap().unwrap();
    assert_eq!(run(&check, &server).await, OK);
    drop(leased);
    pool.close();
    assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Disabled));
}

#[tokio::test]
async fn a_frozen_server_times_out_and_keeps_no_connection_of_ours() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool(&server.url());
    let (check, cancelled) = (patient(&pool), patient(&pool));
    assert_eq!(run(&check, &server).await, OK);
    assert_eq!(run(&cancelled, &server).await, OK);
    let check = hasty(check);
    server.freeze();
    for _ in 0..100 {
        assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Timeout));
    }
    // Runs whose deadline is somebody else's, on a connection that hangs and on one that is being made.
    for _ in 0..10 {
        assert!(timeout(Duration::from_millis(20), cancelled.run()).await.is_err());
    }
    server.thaw();
    sessions_become(&admin, 0).await;
    assert_eq!(run(&calm(check), &server).await, OK);
    assert_eq!(run(&cancelled, &server).await, OK);
    sessions_become(&admin, 1).await;
}

#[tokio::test]
async fn a_server_that_ends_and_comes_back_is_followed() {
    let server = Server::start().await;
    let check = patient(&pool(&server.url()));
    assert_eq!(run(&check, &server).await, OK);
    server.kill().await;
    assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Refused));
    server.restart().await;
    assert_eq!(run(&check, &server).await, OK);
    server.stop().await;
    assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Refused));
    server.restart().await;
    // Sessions are ended one by one too, by an administrator or a proxy, which is nothing.
    for _ in 0..3 {
        assert_eq!(run(&check, &server).await, OK);
        let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'campotech'";
        assert_eq!(server.admin().await.query(end, &[]).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_a_place_for_new_connections_is_degraded_for_those_who_have_one() {
    let server = Server::builder().setting("max_connections", "6").start().await;
    let pool = pool_of(&server.url(), 3);
    let (old, new) = (patient(&pool).with_runs_per_connection(runs(1)), patient(&pool));
    assert_eq!(run(&old, &server).await, OK);
    // Of six, three are the superuser's and one is the check's.
    let leased = (pool.get().await.unwrap(), pool.get().await.unwrap());
    for _ in 0..3 {
        assert_eq!(run(&old, &server).await, (Degraded, Reason::TooManyConnections));
        assert_eq!(run(&new, &server).await, (Unhealthy, Reason::TooManyConnections));
    }
    let gone = deadpool_postgres::Object::take(leased.0);
    drop(gone);
    becomes(&old, &server, OK).await;
}

#[tokio::test]
async fn changed_credentials_are_found_before_the_old_connections_end() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let check = patient(&pool(&server.url())).with_runs_per_connection(runs(2));
    assert_eq!(run(&check, &server).await, OK);
    admin.batch_execute("ALTER ROLE campotech PASSWORD 'other'").await.unwrap();
    assert_eq!(run(&check, &server).await, OK, "the second run on the first connection");
    for _ in 0..3 {
        assert_eq!(run(&check, &server).await, (Degraded, Reason::Auth), "until it is mended");
    }
    sessions_become(&admin, 1).await;
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'campotech'";
    admin.query(end, &[]).await.unwrap();
    assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Auth));
}

#[tokio::test]
async fn a_postmaster_that_is_frozen_or_shuts_down_is_degraded_for_old_connections() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool(&server.url());
    let millis = Duration::from_millis;
    let old = patient(&pool).with_runs_per_connection(runs(1));
    let old = old.with_connect_timeout(millis(500)).unwrap();
    becomes(&old, &server, OK).await;
    let postmaster = postmaster(&admin).await;
    signal(&postmaster, "STOP");
    assert_eq!(run(&old, &server).await, (Degraded, Reason::Timeout));
    assert_eq!(run(&hasty(Postgres::new(&pool)), &server).await, (Unhealthy, Reason::Timeout));
    signal(&postmaster, "CONT");
    becomes(&old, &server, OK).await;
    // Opening leaves half of the time to the old connection, though it may take more than all of it.
    let old = with_times(old, millis(1_000), millis(900));
    becomes(&old, &server, OK).await;
    signal(&postmaster, "STOP");
    assert_eq!(run(&old, &server).await, (Degraded, Reason::Timeout));
    signal(&postmaster, "CONT");
    becomes(&old, &server, OK).await;
    // A smart shutdown waits for sessions.
    let old = patient(&pool).with_runs_per_connection(runs(1));
    assert_eq!(run(&old, &server).await, OK);
    signal(&postmaster, "TERM");
    becomes(&old, &server, (Degraded, Reason::ShuttingDown)).await;
    assert_eq!(run(&patient(&pool), &server).await, (Unhealthy, Reason::ShuttingDown));
}

#[tokio::test]
async fn a_server_that_recovers_is_starting_up() {
    let server = Server::start().await;
    let (stuck, killed) = (server.admin().await, server.admin().await);
    let check = patient(&pool(&server.url()));
    // The server restarts its sessions after one crashed, and waits for all of them to end first: five seconds.
    signal(&pid(&stuck).await, "STOP");
    signal(&pid(&killed).await, "KILL");
    let mut seen = run(&check, &server).await;
    timeout(SECONDS_10, async {
        while seen != (Unhealthy, Reason::StartingUp) {
            seen = run(&check, &server).await;
        }
    })
    .await
    .unwrap();
    becomes(&check, &server, OK).await;
}

#[tokio::test]
async fn a_network_that_delays_or_swallows_is_slow_or_a_timeout() {
    let server = Server::start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let pool = pool(&server.url_via(proxy.addr()));
    let check = patient(&pool).with_slow_after(Duration::from_millis(500)).unwrap();
    assert_eq!(run(&check, &server).await, OK);
    proxy.set(Fault::Delay(Duration::from_millis(260)));
    assert_eq!(run(&check, &server).await, (Degraded, Reason::Slow));
    proxy.set(Fault::Pass);
    assert_eq!(run(&check, &server).await, OK);
    proxy.reset_all();
    assert_eq!(run(&check, &server).await, OK, "an old connection that breaks is nothing");

    let check = check.with_timeout(Duration::from_millis(300)).unwrap();
    for fault in [Fault::Blackhole, Fault::HalfOpen] {
        proxy.set(fault);
        for _ in 0..3 {
            assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Timeout), "{fault:?}");
        }
        proxy.set(Fault::Pass);
        becomes(&check, &server, OK).await;
        timeout(SECONDS_10, async {
            while proxy.connections() != 1 {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
    proxy.set(Fault::Refuse);
    proxy.reset_all();
    assert_eq!(run(&check, &server).await, (Unhealthy, Reason::Unreachable));
}

#[tokio::test]
async fn health_keeps_a_service_ready_whose_pool_is_full_and_not_one_whose_database_hangs() {
    let server = Server::start().await;
    let pool = pool_of(&server.url(), 1);
    let millis = Duration::from_millis;
    let health = Health::builder("jobs-api", "1.2.3")
        .with_interval(millis(1_000))
        .with_timeout(millis(450))
        .with_reprobe(millis(100))
        .check(Postgres::new(&pool).critical())
        .build()
        .unwrap();
    health.start().unwrap();
    let mut changes = health.subscribe();
    let mut becomes = async |ready: bool, expected: (ComponentStatus, Reason)| {
        let is = changes.wait_for(|snapshot| {
            let component = snapshot.component("postgres").unwrap();
            snapshot.ready == ready && (component.status, component.reason) == expected
        });
        assert!(timeout(SECONDS_10, is).await.is_ok(), "{expected:?}: {:?}", health.snapshot());
    };
    becomes(true, OK).await;
    let leased = pool.get().await.unwrap();
    let waiter = pool.get();
    tokio::pin!(waiter);
    assert!(timeout(millis(1), &mut waiter).await.is_err());
    becomes(true, (Degraded, Reason::Saturated)).await;
    drop(leased);
    drop(waiter.await.unwrap());
    becomes(true, OK).await;
    server.freeze();
    becomes(false, (Unhealthy, Reason::Timeout)).await;
    server.thaw();
    becomes(true, OK).await;
    drop(health);
    sessions_become(&server.admin().await, 1).await;
}

/// One run's number.
async fn measure(check: &Postgres, measure: Measure) -> Option<f64> {
    check.run().await.measures().get(measure)
}

#[tokio::test]
async fn a_standby_is_late_when_it_replays_late_or_hears_nothing() {
    let primary = Server::start().await;
    let standby = primary.standby().await;
    let (writer, admin) = (primary.admin().await, standby.admin().await);
    let lag = |pool: &Pool| patient(pool).with_replication_lag(Duration::from_millis(300)).unwrap();
    let pool = pool(&standby.url());
    let (strict, check) = (lag(&pool), lag(&pool).with_reads_sufficing());
    writer.batch_execute("CREATE TABLE a (b int)").await.unwrap();
    becomes(&check, &standby, OK).await;
    sleep(Duration::from_millis(400)).await;
    assert_eq!(run(&check, &standby).await, OK, "an idle primary leaves nothing to replay");
    assert_eq!(measure(&check, Measure::ReplicationLag).await, Some(0.0));
    admin.batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
    writer.batch_execute("INSERT INTO a VALUES (1)").await.unwrap();
    becomes(&check, &standby, (Degraded, Reason::Slow)).await;
    let behind = measure(&check, Measure::ReplicationLag).await.unwrap();
    assert!((0.3..60.0).contains(&behind), "{behind}");
    assert_eq!(run(&strict, &standby).await, (Unhealthy, Reason::ReadOnly), "that is worse");
    assert!(measure(&strict, Measure::ReplicationLag).await.unwrap() >= behind);
    assert_eq!(run(&patient(&pool).with_reads_sufficing(), &standby).await, OK, "nobody asked");
    let calm = patient(&pool).with_reads_sufficing().with_replication_lag(Duration::from_secs(600)).unwrap();
    assert_eq!(run(&calm, &standby).await, OK, "as much may be");
    admin.batch_execute("SELECT pg_wal_replay_resume()").await.unwrap();
    becomes(&check, &standby, OK).await;
    primary.kill().await;
    becomes(&check, &standby, (Degraded, Reason::ReplicaLinkDown)).await;
    admin.batch_execute("SELECT pg_promote()").await.unwrap();
    assert_eq!(run(&strict, &standby).await, OK, "a primary is behind nobody");
    assert_eq!(measure(&strict, Measure::ReplicationLag).await, Some(0.0));
}

#[tokio::test]
async fn a_transaction_that_is_open_for_long_is_slow() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool(&server.url());
    let check = patient(&pool).with_oldest_transaction(Duration::from_millis(200)).unwrap();
    assert_eq!(run(&check, &server).await, OK);
    assert_eq!(measure(&check, Measure::OldestTransaction).await, Some(0.0));
    let client = pool.get().await.unwrap();
    client.batch_execute("BEGIN").await.unwrap();
    becomes(&check, &server, (Degraded, Reason::Slow)).await;
    let age = measure(&check, Measure::OldestTransaction).await.unwrap();
    assert!((0.2..60.0).contains(&age), "{age}");
    assert_eq!(measure(&check, Measure::UsedRatio).await, Some(0.25), "the pool's, beside it");
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(run(&check, &server).await, OK);
    // Another role's is seen by those only who may.
    let database = client.query_one("SELECT current_database()", &[]).await.unwrap();
    let other = admin.query_one("SELECT current_database()", &[]).await.unwrap();
    assert_eq!(database.get::<_, &str>(0), other.get::<_, &str>(0));
    admin.batch_execute("BEGIN").await.unwrap();
    sleep(Duration::from_millis(250)).await;
    assert_eq!(run(&check, &server).await, OK);
    let grant = server.admin().await;
    grant.batch_execute("GRANT pg_read_all_stats TO campotech").await.unwrap();
    assert_eq!(run(&check, &server).await, (Degraded, Reason::Slow));
    admin.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(run(&check, &server).await, OK);
}

#[tokio::test]
async fn a_database_whose_migrations_are_behind_is_starting_up() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool(&server.url());
    let asking = |table: &str| patient(&pool).with_migrations(table, "version", 3).unwrap();
    let (check, elsewhere) = (asking("_migrations"), asking("app.Done"));
    let behind = (Unhealthy, Reason::StartingUp);
    assert_eq!(run(&check, &server).await, behind, "no table");
    assert_eq!(run(&elsewhere, &server).await, behind, "no schema");
    for sql in ["CREATE TABLE _migrations (version int)", "GRANT SELECT ON _migrations TO campotech"] {
        admin.batch_execute(sql).await.unwrap();
    }
    assert_eq!(run(&check, &server).await, behind, "no row");
    admin.batch_execute("INSERT INTO _migrations VALUES (1), (2)").await.unwrap();
    assert_eq!(run(&check, &server).await, behind);
    admin.batch_execute("INSERT INTO _migrations VALUES (3)").await.unwrap();
    assert_eq!(run(&check, &server).await, OK);
    admin.batch_execute("INSERT INTO _migrations VALUES (10)").await.unwrap();
    assert_eq!(run(&check, &server).await, OK, "an older service beside a newer one");
    sessions_become(&admin, 2).await;
    // Numbers that are kept as text: the greatest text is 9.
    for sql in [
        "CREATE SCHEMA app",
        "CREATE TABLE app.\"Done\" (version text)",
        "INSERT INTO app.\"Done\" VALUES ('1'), ('2'), ('10')",
    ] {
        admin.batch_execute(sql).await.unwrap();
    }
    assert_eq!(run(&elsewhere, &server).await, (Unhealthy, Reason::Auth), "not ours to read");
    admin.batch_execute("GRANT USAGE ON SCHEMA app TO campotech").await.unwrap();
    admin.batch_execute("GRANT SELECT ON app.\"Done\" TO campotech").await.unwrap();
    assert_eq!(run(&elsewhere, &server).await, OK);
    let error = patient(&pool).with_migrations("a; DROP TABLE b", "version", 3).unwrap_err();
    assert!(matches!(error, ConfigError::InvalidIdentifier { .. }));
}

#[tokio::test]
async fn all_that_is_asked_is_one_statement() {
    let server =
        Server::builder().setting("log_statement", "all").setting("log_line_prefix", "%u ").start().await;
    server.admin().await.batch_execute("CREATE TABLE done AS SELECT 7 AS version").await.unwrap();
    server.admin().await.batch_execute("GRANT SELECT ON done TO campotech").await.unwrap();
    let check = patient(&pool(&server.url()))
        .with_replication_lag(SECONDS_10)
        .unwrap()
        .with_oldest_transaction(SECONDS_10)
        .unwrap()
        .with_migrations("done", "version", 7)
        .unwrap();
    for _ in 0..5 {
        assert_eq!(run(&check, &server).await, OK);
    }
    let log = server.log();
    assert_eq!(log.matches("\ncampotech LOG:").count(), 5, "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_is_leased_for_half_a_minute_is_degraded_and_the_service_ready() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let pool = pool_of(&server.url(), 4);
    // The server's next fork may be slow.
    let check = with_times(patient(&pool), Duration::from_secs(2), Duration::from_secs(2));
    let health = Health::builder("jobs-api", "1.2.3")
        .with_timeout(Duration::from_millis(2_400))
        .check(check.critical())
        .build()
        .unwrap();
    let mut leased = Vec::new();
    for _ in 0..4 {
        leased.push(pool.get().await.unwrap());
    }
    let waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    health.start().unwrap();
    let began = Instant::now();
    let (mut degraded, mut ready) = (false, false);
    while began.elapsed() < Duration::from_secs(30) {
        let component = health.snapshot().components[0].clone();
        match (component.status, component.reason) {
            (Degraded, Reason::Saturated) => degraded = true,
            state => assert!(!degraded && state.0 != Unhealthy, "{state:?}"),
        }
        ready |= health.is_ready();
        assert!(!ready || health.is_ready(), "not ready for a moment");
        // The four, the check's own, and the one that it may be opening.
        assert!(sessions(&admin).await <= 6);
        assert_eq!(pool.status().size, 4, "no slot is used");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(degraded && ready);
    assert!(!waiter.is_finished(), "nobody has given a connection back");
    drop(leased);
    waiter.await.unwrap().unwrap();
}

#[tokio::test]
async fn times_of_zero_are_refused() {
    let pool = pool("postgres://ana:geheim@127.0.0.1:1/x");
    let zero = Duration::ZERO;
    for error in [
        Postgres::new(&pool).with_timeout(zero).unwrap_err(),
        Postgres::new(&pool).with_connect_timeout(zero).unwrap_err(),
        Postgres::new(&pool).with_slow_after(zero).unwrap_err(),
        Postgres::new(&pool).with_replication_lag(zero).unwrap_err(),
        Postgres::new(&pool).with_oldest_transaction(zero).unwrap_err(),
    ] {
        assert!(matches!(error, ConfigError::ZeroDuration { .. }));
    }
    let check = Arc::new(Postgres::new(&pool).with_name("reports"));
    assert_eq!(check.name(), "reports");
    assert!(!format!("{check:?}").contains("geheim"));
    assert_eq!(Postgres::new(&pool).critical().name(), "postgres");
    assert_ne!(check.run().await, CheckResult::ok());
}
