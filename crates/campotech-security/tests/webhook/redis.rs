//! The replay store that replicas share, on a real Redis, and what becomes of it when that fails.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::ManualClock;
use campotech_security::webhook::replay::RedisReplays;
use campotech_security::webhook::{Scheme, WebhookReason, WebhookVerifier};
use campotech_testkit::{Fault, FaultProxy, Redis, RedisCluster};
use fred::prelude::*;
use http::HeaderMap;

use crate::{BODY, QUERY, verifier};

type Shared = WebhookVerifier<RedisReplays<Client>, ManualClock>;

async fn client(url: &str) -> Client {
    let client = Builder::from_config(Config::from_url(url).unwrap())
        .with_connection_config(|connection| {
            connection.internal_command_timeout = Duration::from_secs(1);
            connection.unresponsive.max_timeout = Some(Duration::from_secs(2));
            connection.unresponsive.interval = Duration::from_millis(500);
        })
        .set_policy(ReconnectPolicy::new_constant(0, 50))
        .build()
        .unwrap();
    client.init().await.unwrap();
    client
}

/// One of several processes.
async fn replica(url: &str, clock: &ManualClock) -> Shared {
    let store = RedisReplays::new(client(url).await).with_deadline(Duration::from_millis(500)).unwrap();
    verifier(Scheme::StandardWebhooks).with_replays(store).with_clock(clock.clone())
}

fn sign(id: &str, clock: &ManualClock) -> HeaderMap {
    verifier(Scheme::StandardWebhooks).with_clock(clock.clone()).sign(id, &BODY).unwrap()
}

async fn admit(replica: &Shared, headers: &HeaderMap) -> Option<WebhookReason> {
    match replica.admit(headers, QUERY, &BODY).await {
        Ok(admission) => {
            admission.settle();
            None
        }
        Err(error) => Some(error.reason()),
    }
}

/// Settling and giving back happen beside the request.
async fn until(redis: &Redis, what: &str, words: &[&str], expected: &str) {
    let reached = async {
        while redis.command(words).await != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached)
        .await
        .unwrap_or_else(|_| panic!("it never was so: {what}"));
}

async fn settled(replica: &Shared, given: &HeaderMap) {
    let settled = async {
        while admit(replica, given).await == Some(WebhookReason::UnderWay) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap();
    assert_eq!(admit(replica, given).await, Some(WebhookReason::Replayed));
}

async fn keys(redis: &Redis) -> String {
    redis.command(&["EVAL", "return redis.call('KEYS', '*')[1]", "0"]).await
}

#[tokio::test]
async fn of_many_replicas_one_takes_it() {
    let (redis, clock) = (Redis::start().await, ManualClock::new());
    let replicas = [replica(&redis.url(), &clock).await, replica(&redis.url(), &clock).await];
    let given = Arc::new(sign("msg_1", &clock));
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..40 {
        let (replica, given) = (replicas[at % 2].clone(), Arc::clone(&given));
        tasks.spawn(async move { admit(&replica, &given).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_none()).count(), 1, "{outcomes:?}");

    let key = keys(&redis).await;
    assert!(key.starts_with("campotech:webhook:") && key.len() == 18 + 64, "{key}");
    until(&redis, "settled", &["GET", &key], "settled").await;
    assert_eq!(admit(&replicas[1], &given).await, Some(WebhookReason::Replayed));
    let left: i64 = redis.command(&["PTTL", &key]).await.parse().unwrap();
    assert!((500_000..=601_000).contains(&left), "{left}");
    assert_eq!(admit(&replicas[1], &sign("msg_2", &clock)).await, None);
}

#[tokio::test]
async fn what_is_given_back_may_come_again_to_another_replica() {
    let (redis, clock) = (Redis::start().await, ManualClock::new());
    let (one, two) = (replica(&redis.url(), &clock).await, replica(&redis.url(), &clock).await);
    let given = sign("msg_1", &clock);
    let admission = one.admit(&given, QUERY, &BODY).await.unwrap();
    assert_eq!(admit(&two, &given).await, Some(WebhookReason::UnderWay));
    // A claim that is another's by now is not given back.
    let key = keys(&redis).await;
    let own = redis.command(&["GET", &key]).await;
    redis.command(&["SET", &key, "another"]).await;
    drop(one.admit(&sign("msg_2", &clock), QUERY, &BODY).await.unwrap());
    drop(admission);
    until(&redis, "msg_2 is given back", &["DBSIZE"], "1").await;
    assert_eq!(redis.command(&["GET", &key]).await, "another");

    redis.command(&["SET", &key, &own]).await;
    let again = one.admit(&given, QUERY, &BODY).await;
    assert_eq!(again.unwrap_err().reason(), WebhookReason::UnderWay);
    redis.command(&["DEL", &key]).await;
    drop(one.admit(&given, QUERY, &BODY).await.unwrap());
    until(&redis, "given back", &["EXISTS", &key], "0").await;
    assert_eq!(admit(&two, &given).await, None);
}

#[tokio::test]
async fn a_store_that_is_away_is_closed_and_then_it_goes_on() {
    let (redis, clock) = (Redis::start().await, ManualClock::new());
    let proxy = FaultProxy::start(redis.addr()).await;
    let replica = replica(&redis.url_via(proxy.addr()), &clock).await;
    let before = sign("before", &clock);
    assert_eq!(admit(&replica, &before).await, None);
    settled(&replica, &before).await;

    proxy.set(Fault::Blackhole);
    let given = sign("meanwhile", &clock);
    let begun = tokio::time::Instant::now();
    assert_eq!(admit(&replica, &given).await, Some(WebhookReason::Store));
    // Twice the deadline, if fred forgets it, and what a busy machine adds.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let open = replica.clone().with_dangerous_admission_without_store();
    assert!(open.admit(&sign("open", &clock), QUERY, &BODY).await.is_ok());

    proxy.set(Fault::Pass);
    proxy.reset_all();
    let back = async {
        // What became of the lost claim is not known; it is given back, and the sender's next try is taken.
        while admit(&replica, &given).await.is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back).await.unwrap();
    settled(&replica, &given).await;
    settled(&replica, &before).await;

    redis.kill().await;
    assert_eq!(admit(&replica, &sign("killed", &clock)).await, Some(WebhookReason::Store));
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_closed() {
    let redis =
        Redis::builder().setting("maxmemory", "1").setting("maxmemory-policy", "noeviction").start().await;
    let clock = ManualClock::new();
    let replica = replica(&redis.url(), &clock).await;
    assert_eq!(admit(&replica, &sign("msg_1", &clock)).await, Some(WebhookReason::Store));
}

#[tokio::test]
async fn a_cluster_knows_it_too() {
    let (cluster, clock) = (RedisCluster::start().await, ManualClock::new());
    let replica = replica(&cluster.url(), &clock).await;
    for id in ["a", "b", "c", "d", "e", "f"] {
        let given = sign(id, &clock);
        let admission = replica.admit(&given, QUERY, &BODY).await.unwrap();
        assert_eq!(admit(&replica, &given).await, Some(WebhookReason::UnderWay), "{id}");
        admission.settle();
    }
}

#[test]
fn misconfiguration_is_refused() {
    let new = || RedisReplays::new(Builder::default_centralized().build().unwrap());
    for prefix in ["", "a b", "\u{f1}", &"a".repeat(129)] {
        assert_eq!(new().with_prefix(prefix).unwrap_err().code(), "range", "{prefix}");
    }
    for deadline in [Duration::ZERO, Duration::from_secs(6)] {
        assert_eq!(new().with_deadline(deadline).unwrap_err().code(), "range");
    }
    let shown = format!("{:?}", new().with_prefix("stripe").unwrap());
    assert_eq!(shown, "RedisReplays { prefix: \"stripe\", deadline: 250ms, .. }");
}
