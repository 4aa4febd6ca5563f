//! A cluster and a sentinel set whose primary is killed while messages come in: the queue is intact.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use campotech_testkit::{Postgres, RedisCluster, RedisSentinel};
use support::{Server, voice_message};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const FREE: [(&str, &str); 2] =
    [("CAMPOTECH_RATE_STANDARD", "1000000/1m"), ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m")];
const STREAM: &str = "{campotech:queue}:stream";
const CAUGHT_UP: Duration = Duration::from_secs(30);

/// Sends voice messages until told to stop; each has to be answered 200.
fn messages(server: Arc<Server>, stop: Arc<AtomicBool>) -> JoinHandle<u32> {
    tokio::spawn(async move {
        let mut sent = 0;
        while !stop.load(Ordering::Relaxed) {
            sent += 1;
            let body = voice_message(&format!("wamid.{sent}"), "5491123456789", &format!("media-{sent}"));
            let status = server.ask(server.callback(&body)).await.status;
            assert_eq!(status, 200, "message {sent}");
            sleep(Duration::from_millis(10)).await;
        }
        sent
    })
}

async fn one_job_for_each(postgres: &Postgres, sent: u32) -> Duration {
    let (admin, started) = (postgres.admin().await, Instant::now());
    loop {
        let rows = admin.query("select description from jobs where kind = 'voice'", &[]).await.unwrap();
        let marks: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(marks.len(), rows.len(), "a message has become two jobs");
        if marks.len() == sent as usize {
            return started.elapsed();
        }
        assert!(started.elapsed() < CAUGHT_UP, "{} jobs of {sent} messages", marks.len());
        sleep(Duration::from_millis(100)).await;
    }
}

/// Kills the primary by `kill` while messages come in, and waits for the failover by `settled`.
async fn survives(url: &str, kill: impl AsyncFnOnce(), settled: impl AsyncFnOnce()) -> String {
    let (dir, postgres) = (tempfile::tempdir().unwrap(), Postgres::start().await);
    let database = postgres.url();
    let variables = [&FREE[..], &[("DATABASE_URL", database.as_str()), ("REDIS_URL", url)]].concat();
    let server = Arc::new(Server::start(dir.path(), &variables).ready().await);
    let stop = Arc::new(AtomicBool::new(false));
    let sending = messages(Arc::clone(&server), Arc::clone(&stop));
    server.metric_becomes_at_least(r#"jobs_created_total{kind="voice"}"#, 20.0).await;
    kill().await;
    settled().await;
    // Through Redis again, and not only into the outbox.
    let before = server.metric(r#"jobs_created_total{kind="voice"}"#).await.unwrap();
    server.metric_becomes_at_least(r#"jobs_created_total{kind="voice"}"#, before + 20.0).await;
    stop.store(true, Ordering::Relaxed);
    let sent = sending.await.unwrap();
    let caught_up = one_job_for_each(&postgres, sent).await;
    format!("{sent} messages, each one job; caught up after {caught_up:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_primary_of_a_cluster_loses_no_message() {
    let cluster = RedisCluster::start().await;
    let kill = async || {
        let primary = cluster.primary_of(STREAM).await;
        cluster.kill(primary).await;
    };
    println!("{}", survives(&cluster.url(), kill, async || cluster.settled().await).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_primary_of_a_sentinel_set_loses_no_message() {
    let sentinel = RedisSentinel::start().await;
    let before = sentinel.primary().await;
    let settled = async || {
        let deadline = Instant::now() + Duration::from_secs(30);
        while sentinel.primary().await == before {
            assert!(Instant::now() < deadline, "no failover");
            sleep(Duration::from_millis(100)).await;
        }
    };
    let kill = async || {
        sentinel.kill_primary().await;
    };
    println!("{}", survives(&sentinel.url(), kill, settled).await);
}
