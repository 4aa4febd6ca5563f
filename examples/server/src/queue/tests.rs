//! Workers that are killed, and Redis that forgets.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use campotech::core::SystemClock;
use campotech::metrics::Metrics;
use campotech_testkit::{Postgres, Redis};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::handler::Handled;
use super::streams::StreamQueue;
use super::{MessageHandler, MessageToJob, NoEvents, Relay, Worker};
use crate::domain::{InboundMessage, Job, MessageContent, MessageId, WaId, wall_now};
use crate::redis::RedisSettings;
use crate::store::{DatabaseSettings, JobQuery, PostgresStore, Store};
use crate::tls::TlsRoots;

/// From the start of a worker that lives to a job for every message.
const CAUGHT_UP: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(10);

struct Servers {
    postgres: Postgres,
    redis: Redis,
    store: Store,
}

impl Servers {
    async fn start() -> Self {
        let (postgres, redis) = tokio::join!(Postgres::start(), Redis::start());
        let settings = DatabaseSettings::parse(&postgres.url()).unwrap();
        let size = NonZeroUsize::new(4).unwrap();
        let pool = settings.pool(size, TlsRoots::default().client()).unwrap();
        let metrics = Metrics::builder("queue", "1.2.3").build().unwrap();
        let store = PostgresStore::open(metrics.measure_pool("test", pool).unwrap());
        store.migrated().await;
        Self { postgres, redis, store: store.into() }
    }

    /// A replica's own way to the queue.
    fn queue(&self) -> StreamQueue {
        let settings = RedisSettings::parse(&self.redis.url()).unwrap();
        StreamQueue::new(settings.client(TlsRoots::default().client()).unwrap(), "test")
    }

    async fn accept(&self, mark: &str) {
        let message = InboundMessage {
            id: MessageId::parse(mark).unwrap(),
            sender: WaId::parse("5491123456789").unwrap(),
            content: MessageContent::Audio { media_id: mark.to_owned() },
            sent_at: Timestamp::UNIX_EPOCH,
            brought_by: None,
        };
        self.store.accept_message(message, now()).await.unwrap();
    }

    /// Runs a replica until nothing waits any more, in the store and in Redis.
    async fn work_off(&self) {
        let (stop, queue) = (CancellationToken::new(), self.queue());
        let relay = tokio::spawn(Relay::new(self.store.clone(), queue.clone()).run(stop.clone()));
        let worker = Worker::new(self.store.clone(), Arc::new(NoEvents)).with_streams(queue);
        let worker = tokio::spawn(worker.run(stop.clone()));
        let deadline = Instant::now() + CAUGHT_UP;
        loop {
            let stats = self.store.queue_stats().await.unwrap();
            let in_redis = self.redis.command(&["XLEN", "{test:queue}:stream"]).await;
            let known = self.redis.command(&["HLEN", "{test:queue}:published"]).await;
            if stats.jobs.size + stats.voice.size == 0 && in_redis == "0" && known == "0" {
                assert_eq!(stats.dead, 0);
                break;
            }
            assert!(Instant::now() < deadline, "{stats:?}, {in_redis} in the stream, {known} known");
            sleep(Duration::from_millis(50)).await;
        }
        stop.cancel();
        relay.await.unwrap();
        worker.await.unwrap();
    }

    /// The marks of the messages that have become jobs; none twice.
    async fn marks(&self) -> BTreeSet<String> {
        let query = JobQuery { status: None, after: None, limit: 100 };
        let jobs = self.store.list_jobs(Uuid::now_v7(), query).await.unwrap().items;
        let mark = |job: &Job| job.description.as_deref().unwrap().rsplit(' ').next().unwrap().to_owned();
        let marks: BTreeSet<_> = jobs.iter().map(mark).collect();
        assert_eq!(marks.len(), jobs.len(), "a message has become two jobs");
        marks
    }
}

fn now() -> Timestamp {
    wall_now(&SystemClock)
}

/// The steps of a message; a replica dies after so many of them.
const STEPS: [&str; 7] = ["accepted", "handed-over", "published", "taken", "handled", "completed", "settled"];

async fn die_after(steps: usize, servers: &Servers) {
    let queue = servers.queue();
    if steps < 1 {
        return;
    }
    let entries = servers.store.hand_over(10, LEASE, now()).await.unwrap().entries;
    assert_eq!(entries.len(), 1);
    if steps < 2 {
        return;
    }
    assert_eq!(queue.publish(&entries).await.unwrap().1, [true]);
    if steps < 3 {
        return;
    }
    let (entry, receipt) = queue.take(10).await.unwrap().remove(0);
    if steps < 4 {
        return;
    }
    let Handled::Job(kind, new) = MessageToJob.handle(&entry.message).await.unwrap() else {
        unreachable!("a voice message becomes a job")
    };
    if steps < 5 {
        return;
    }
    let job = Job::new(kind, None, new, now());
    servers.store.complete(&entry, Some(job), now()).await.unwrap();
    if steps < 6 {
        return;
    }
    queue.settle(&receipt).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_dies_after_any_step_leaves_one_job_for_each_message() {
    let servers = Servers::start().await;
    // The furthest first, so that none takes the message of another; what is published and not taken comes before
    // what a later one would take.
    for steps in [6, 5, 4, 3, 1, 2, 0] {
        servers.accept(STEPS[steps]).await;
        die_after(steps, &servers).await;
    }
    servers.work_off().await;
    assert_eq!(servers.marks().await, STEPS.map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_forgets_is_handed_over_again() {
    let servers = Servers::start().await;
    let queue = servers.queue();
    // With a group that has delivered something, so that it stands somewhere.
    servers.accept("first").await;
    let entries = servers.store.hand_over(10, LEASE, now()).await.unwrap().entries;
    queue.publish(&entries).await.unwrap();
    assert_eq!(queue.take(10).await.unwrap().len(), 1);
    let loss: [(&str, &[&str]); 4] = [
        ("its-place", &["XGROUP", "SETID", "{test:queue}:stream", "workers", "$"]),
        ("everything", &["FLUSHALL"]),
        ("the-stream", &["DEL", "{test:queue}:stream"]),
        ("what-is-in-it", &["DEL", "{test:queue}:published"]),
    ];
    for (mark, command) in loss {
        servers.accept(mark).await;
        let entries = servers.store.hand_over(10, LEASE, now()).await.unwrap().entries;
        assert_eq!(queue.publish(&entries).await.unwrap().1, [true]);
        servers.redis.command(command).await;
    }
    servers.work_off().await;
    let accepted = ["first"].into_iter().chain(loss.map(|(mark, _)| mark));
    assert_eq!(servers.marks().await, accepted.map(str::to_owned).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_is_bounded_and_the_rest_waits_in_the_outbox() {
    let servers = Servers::start().await;
    let queue = servers.queue();
    servers.accept("one").await;
    let mut entry = servers.store.hand_over(1, LEASE, now()).await.unwrap().entries.remove(0);
    let mut published = 0;
    for number in 1..=1_100 {
        entry.id = 1_000_000 + number;
        published += usize::from(queue.publish(std::slice::from_ref(&entry)).await.unwrap().1[0]);
    }
    assert_eq!(published, 1_000);
    assert_eq!(queue.publish(&[]).await.unwrap().0, 0, "no room");
    assert_eq!(servers.redis.command(&["XLEN", "{test:queue}:stream"]).await, "1000");
    // Published again, it is the same.
    entry.id = 1_000_001;
    assert_eq!(queue.publish(&[entry]).await.unwrap().1, [true]);
    assert_eq!(servers.redis.command(&["XLEN", "{test:queue}:stream"]).await, "1000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_none_of_ours_is_removed_and_holds_up_nothing() {
    let servers = Servers::start().await;
    for fields in [["entry", "hunter2"], ["payload", "{}"], ["what", "ever"]] {
        servers.redis.command(&["XADD", "{test:queue}:stream", "*", fields[0], fields[1]]).await;
    }
    servers.accept("ours").await;
    servers.work_off().await;
    assert_eq!(servers.marks().await, ["ours".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_are_gone_are_removed_and_those_with_something_in_hand_are_not() {
    let servers = Servers::start().await;
    let (idle, busy, living) = (servers.queue(), servers.queue(), servers.queue());
    for (mark, queue) in [("ended", &idle), ("in-hand", &busy)] {
        servers.accept(mark).await;
        let entries = servers.store.hand_over(1, LEASE, now()).await.unwrap().entries;
        queue.publish(&entries).await.unwrap();
        let (_, receipt) = queue.take(1).await.unwrap().remove(0);
        if mark == "ended" {
            queue.settle(&receipt).await.unwrap();
        }
    }
    assert_eq!(living.sweep(Duration::from_secs(60)).await, Ok(0));
    sleep(Duration::from_millis(100)).await;
    assert_eq!(living.sweep(Duration::from_millis(50)).await, Ok(1));
    servers.work_off().await;
    assert_eq!(servers.marks().await, ["ended", "in-hand"].map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_remembers_of_another_database_takes_no_message_for_another() {
    let servers = Servers::start().await;
    let queue = servers.queue();
    servers.accept("old").await;
    let entries = servers.store.hand_over(1, LEASE, now()).await.unwrap().entries;
    assert_eq!(queue.publish(&entries).await.unwrap().1, [true]);
    let admin = servers.postgres.admin().await;
    admin.batch_execute("truncate outbox, messages, dead_letters restart identity").await.unwrap();
    servers.accept("new").await;
    let entry = servers.store.hand_over(1, LEASE, now()).await.unwrap().entries.remove(0);
    assert_eq!((entry.id, entry.deliveries), (entries[0].id, entries[0].deliveries), "the same number");
    assert_eq!(queue.publish(&[entry]).await.unwrap().1, [true]);
    servers.work_off().await;
    assert_eq!(servers.marks().await, ["new".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_an_entry_can_neither_hold_it_nor_give_it_back() {
    let servers = Servers::start().await;
    let (slow, quick) = (servers.queue(), servers.queue());
    servers.accept("slow").await;
    let entries = servers.store.hand_over(1, LEASE, now()).await.unwrap().entries;
    slow.publish(&entries).await.unwrap();
    let (_, lost) = slow.take(1).await.unwrap().remove(0);
    // As if it had been silent for long: the other one claims it.
    let key = "{test:queue}:stream";
    let id = servers.redis.command(&["XRANGE", key, "-", "+"]).await.lines().next().unwrap().to_owned();
    let idle = ["XCLAIM", key, "workers", "nobody", "0", &id, "IDLE", "60000", "JUSTID"];
    servers.redis.command(&idle).await;
    let (_, taken) = quick.take(1).await.unwrap().remove(0);
    assert_eq!(taken.times, 2);
    slow.touch(&lost).await.unwrap();
    slow.give_back(&lost).await.unwrap();
    let pending = servers.redis.command(&["XPENDING", key, "workers", "-", "+", "10"]).await;
    assert_eq!(pending.lines().last(), Some("2"), "{pending}");
    servers.work_off().await;
    assert_eq!(servers.marks().await, ["slow".to_owned()].into());
}
