//! A dependency that keeps its connections open and says nothing.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{Ask, Backend, Kind, Server, Watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const FREE: [(&str, &str); 3] = [
    ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
    ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m"),
    ("CAMPOTECH_DATABASE_POOL", "6"),
];
/// What every ops route keeps, whatever its dependencies do.
const OPS: Duration = Duration::from_millis(100);
/// From a dependency's silence to the answer that tells of it, and back.
const SEEN: Duration = Duration::from_secs(9);
const POOL: i64 = 6;

/// Readers that take every answer.
fn load(server: &Arc<Server>, token: &str) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    for n in 0..8 {
        let (server, token) = (Arc::clone(server), token.to_owned());
        readers.spawn(async move {
            loop {
                let answer =
                    server.try_ask(Ask::new("GET", "/api/v1/jobs").from(20 + n).bearer(&token)).await;
                let status = answer.unwrap().status.as_u16();
                assert!(matches!(status, 200 | 503), "{status}");
                sleep(Duration::from_millis(20)).await;
            }
        });
    }
    readers
}

async fn connections(admin: &tokio_postgres::Client) -> i64 {
    let sql = "select count(*) from pg_stat_activity where usename = 'campotech'";
    admin.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_postgres_makes_the_service_unready_and_is_forgotten_when_it_thaws() {
    let backend = Backend::new(Kind::Postgres).await;
    let postgres = backend.postgres.as_ref().unwrap();
    let server = Arc::new(backend.server(&FREE).await);
    let token = server.log_in(1, "ana@example.com").await;
    server.create_job(1, &token, "Antes").await;
    let mut readers = load(&server, &token);
    let watch = Watch::start(server.addr, &["/health/components/postgres"], OPS);
    sleep(Duration::from_secs(1)).await;

    let frozen = Instant::now();
    postgres.freeze();
    let unready = watch.first(frozen, SEEN, "/ready", |look| look.status == 503).await;
    let told = |look: &support::Look| look.status == 503 && look.body.contains("timeout");
    watch.first(frozen, SEEN, "/health/components/postgres", told).await;
    let started = Instant::now();
    let refused = server.ask(Ask::new("GET", "/api/v1/jobs").from(9).bearer(&token)).await;
    assert_eq!(support::problem(&refused)["status"], 503);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    sleep(Duration::from_secs(3)).await;
    assert!(watch.since(frozen, "/live").iter().all(|look| look.status == 200));
    readers.abort_all();
    while readers.join_next().await.is_some_and(|ended| ended.is_err_and(|error| error.is_cancelled())) {}
    assert!(readers.is_empty(), "a reader was not answered");

    postgres.thaw();
    let thawed = Instant::now();
    let first = timeout(Duration::from_secs(1), server.ask(Ask::new("GET", "/api/v1/jobs").bearer(&token)));
    let first = first.await.expect("the first query after the thaw");
    assert_eq!(first.status, 200, "{}", first.text());
    let query = thawed.elapsed();
    let ready = watch.first(thawed, SEEN, "/ready", |look| look.status == 200).await;

    let admin = postgres.admin().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    // The pool, the check's own, and one that the check may just be opening.
    while connections(&admin).await > POOL + 2 {
        assert!(Instant::now() < deadline, "{} connections", connections(&admin).await);
        sleep(Duration::from_millis(100)).await;
    }
    let (asked, longest) = watch.summary();
    println!(
        "frozen: unready after {unready:?}; thawed: first query {query:?}, ready after {ready:?}; \
         {asked} ops answers, the longest {longest:?}; {} connections",
        connections(&admin).await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_degrades_the_service_and_nothing_more() {
    let backend = Backend::new(Kind::PostgresWithRedis).await;
    let redis = backend.redis.as_ref().unwrap();
    let server = Arc::new(backend.server(&FREE).await);
    let token = server.log_in(1, "ana@example.com").await;
    let watch = Watch::start(server.addr, &["/health/components/redis"], OPS);
    sleep(Duration::from_secs(1)).await;

    let clients = async || redis.command(&["CLIENT", "LIST"]).await.lines().count();
    let before = clients().await;

    let frozen = Instant::now();
    redis.freeze();
    let degraded = |look: &support::Look| look.status == 200 && look.body.contains("\"degraded\"");
    let after = watch.first(frozen, SEEN, "/health", degraded).await;
    // Everything goes on: limits by each replica's share, messages into the outbox, events to the own listeners.
    let voice = support::voice_message("wamid.frozen", "5491123456789", "media-frozen");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 200);
    for n in 0..20 {
        server.create_job(1, &token, &format!("Trabajo {n}")).await;
    }
    assert!(watch.since(frozen, "/ready").iter().all(|look| look.status == 200));

    redis.thaw();
    let thawed = Instant::now();
    let healthy = |look: &support::Look| look.body.contains("\"status\":\"healthy\",\"phase\"");
    let back = watch.first(thawed, SEEN, "/health", healthy).await;
    server.metric_becomes(r#"voice_messages_processed_total{outcome="done"}"#, 1.0).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    // The check may just be opening one.
    while clients().await > before + 1 {
        assert!(Instant::now() < deadline, "{} connections, {before} before", clients().await);
        sleep(Duration::from_millis(100)).await;
    }
    let (asked, longest) = watch.summary();
    println!(
        "frozen: degraded after {after:?}; healthy after {back:?}; {asked} ops answers, the longest {longest:?}; \
         {} connections, {before} before",
        clients().await
    );
}
