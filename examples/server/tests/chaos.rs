//! PostgreSQL and Redis killed and started again, twenty times, while clients go on.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Ask, Backend, Kind, Server, voice_message};
use tokio::task::JoinSet;
use tokio::time::sleep;

const ROUNDS: u32 = 20;
const FREE: [(&str, &str); 2] =
    [("CAMPOTECH_RATE_STANDARD", "1000000/1m"), ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m")];
/// From the last restart to a job for every message.
const CAUGHT_UP: Duration = Duration::from_secs(30);

/// What was acknowledged, and what was answered at all.
#[derive(Default)]
struct Record {
    jobs: Mutex<Vec<String>>,
    voices: Mutex<Vec<String>>,
    statuses: Mutex<BTreeMap<u16, u32>>,
    acknowledged: AtomicU32,
    over: AtomicBool,
}

impl Record {
    fn answered(&self, status: u16) {
        *self.statuses.lock().unwrap().entry(status).or_default() += 1;
    }
}

async fn create_jobs(server: Arc<Server>, record: Arc<Record>, token: String, host: u8) {
    let mut n = 0;
    while !record.over.load(Ordering::Relaxed) {
        n += 1;
        let job = json!({"title": format!("{host}-{n}"), "customer_phone": "011 15 2345-6789", "priority": "normal"});
        let answer = server.ask(Ask::new("POST", "/api/v1/jobs").from(host).bearer(&token).json(&job)).await;
        record.answered(answer.status.as_u16());
        if answer.status == 201 {
            let job: Value = serde_json::from_slice(&answer.body).unwrap();
            record.jobs.lock().unwrap().push(job["id"].as_str().unwrap().to_owned());
            record.acknowledged.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(support::problem(&answer)["status"], 503);
            sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn send_voices(server: Arc<Server>, record: Arc<Record>, host: u8) {
    let mut n = 0;
    while !record.over.load(Ordering::Relaxed) {
        n += 1;
        let mark = format!("media-{host}-{n}");
        let body = voice_message(&format!("wamid.{host}.{n}"), "5491123456789", &mark);
        // Meta sends it again until it is answered 200.
        loop {
            let answer = server.ask(server.callback(&body).from(host)).await;
            record.answered(answer.status.as_u16());
            if answer.status == 200 {
                record.voices.lock().unwrap().push(mark);
                record.acknowledged.fetch_add(1, Ordering::Relaxed);
                break;
            }
            assert_eq!(support::problem(&answer)["status"], 503);
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_and_each_voice_message_is_one_job() {
    let backend = Backend::new(Kind::PostgresWithRedis).await;
    let server = Arc::new(backend.server(&FREE).await);
    let token = server.log_in(1, "ana@example.com").await;
    let record = Arc::new(Record::default());
    let mut clients = JoinSet::new();
    for host in 20..23 {
        clients.spawn(create_jobs(Arc::clone(&server), Arc::clone(&record), token.clone(), host));
        clients.spawn(send_voices(Arc::clone(&server), Arc::clone(&record), host + 10));
    }
    for round in 0..ROUNDS {
        sleep(Duration::from_millis(200 + u64::from(round) * 17 % 150)).await;
        let (postgres, redis) = (backend.postgres.as_ref().unwrap(), backend.redis.as_ref().unwrap());
        tokio::join!(postgres.kill(), redis.kill());
        sleep(Duration::from_millis(u64::from(round) * 31 % 300)).await;
        tokio::join!(postgres.restart(), redis.restart());
        // No step by hand: clients go on by themselves.
        let before = record.acknowledged.load(Ordering::Relaxed);
        let deadline = Instant::now() + Duration::from_secs(20);
        while record.acknowledged.load(Ordering::Relaxed) < before + 10 {
            assert!(Instant::now() < deadline, "round {round}: nothing is acknowledged any more");
            sleep(Duration::from_millis(20)).await;
        }
    }
    let restarted = Instant::now();
    record.over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let (jobs, voices) = (record.jobs.lock().unwrap().clone(), record.voices.lock().unwrap().clone());

    let admin = backend.postgres.as_ref().unwrap().admin().await;
    let of_voices = "select description from jobs where kind = 'voice'";
    let caught_up = loop {
        let rows = admin.query(of_voices, &[]).await.unwrap();
        let mut count: BTreeMap<String, u32> = BTreeMap::new();
        for row in &rows {
            let description: String = row.get(0);
            *count.entry(description.rsplit(' ').next().unwrap().to_owned()).or_default() += 1;
        }
        assert!(count.values().all(|n| *n == 1), "a message has become two jobs");
        if voices.iter().all(|mark| count.contains_key(mark)) {
            break restarted.elapsed();
        }
        let missing: Vec<_> = voices.iter().filter(|mark| !count.contains_key(*mark)).collect();
        assert!(
            restarted.elapsed() < CAUGHT_UP,
            "{} of {} have no job: {missing:?}",
            missing.len(),
            voices.len()
        );
        sleep(Duration::from_millis(100)).await;
    };
    for id in &jobs {
        let path = format!("/api/v1/jobs/{id}");
        assert_eq!(server.ask(Ask::new("GET", &path).bearer(&token)).await.status, 200, "{id} is gone");
    }
    let dead: i64 = admin.query_one("select count(*) from dead_letters", &[]).await.unwrap().get(0);
    assert_eq!(dead, 0);
    println!(
        "{ROUNDS} rounds: {} jobs and {} voice messages acknowledged, all there, each once; caught up {caught_up:?} after \
         the last restart; answers {:?}",
        jobs.len(),
        voices.len(),
        record.statuses.lock().unwrap()
    );
}
