//! A private Redis, as tests use it.

use std::time::Duration;

use campotech_testkit::Redis;
use tokio::time::timeout;

/// A server that is frozen would not answer in any time; one that isn't answers in milliseconds.
const WHILE: Duration = Duration::from_millis(300);
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn it_answers_and_refuses_as_it_is_told() {
    let redis = Redis::builder().setting("maxmemory-policy", "noeviction").start().await;
    println!("start: {:?}", redis.started_in());
    assert_eq!(redis.url(), format!("redis://{}", redis.addr()));
    assert_eq!(redis.command(&["SET", "key", "value\r\nof two lines"]).await, "OK");
    assert_eq!(redis.command(&["GET", "key"]).await, "value\r\nof two lines");
    assert_eq!(redis.command(&["GET", "nothing"]).await, "(nil)");
    assert_eq!(redis.command(&["CONFIG", "GET", "appendfsync"]).await, "appendfsync\nalways");
    assert_eq!(redis.command(&["CONFIG", "SET", "maxmemory", "1mb"]).await, "OK");
    let refused = redis.command(&["SET", "big", &"x".repeat(400_000)]).await;
    assert!(refused.starts_with("OOM command not allowed"), "{refused}");
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let redis = Redis::builder().password("a b\"c\\/ñ").start().await;
    assert_eq!(redis.url(), format!("redis://:a%20b%22c%5C%2F%C3%B1@{}", redis.addr()));
    assert_eq!(redis.command(&["PING"]).await, "PONG");
    let mut plain = campotech_testkit::RawConnection::open(redis.addr()).await.unwrap();
    plain.send("PING\r\nQUIT\r\n").await.unwrap();
    let answer = plain.read_to_close().await.unwrap();
    assert!(answer.starts_with(b"-NOAUTH"), "{}", String::from_utf8_lossy(&answer));
    assert!(!format!("{redis:?}").contains("a b"));
}

#[tokio::test]
async fn it_speaks_tls() {
    let redis = Redis::builder().tls().password("secret").start().await;
    assert!(redis.url().starts_with("rediss://:secret@127.0.0.1:"), "{}", redis.url());
    assert!(redis.ca_pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(redis.command(&["SET", "key", "value"]).await, "OK");
    redis.kill().await;
    redis.restart().await;
    assert_eq!(redis.command(&["GET", "key"]).await, "value");
}

#[tokio::test]
async fn a_frozen_server_answers_nothing_and_then_all() {
    let redis = Redis::start().await;
    redis.freeze();
    let mut pending = std::pin::pin!(redis.command(&["PING"]));
    assert!(timeout(WHILE, &mut pending).await.is_err());
    redis.thaw();
    assert_eq!(timeout(DEADLINE, pending).await.unwrap(), "PONG");
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_a_stop() {
    let redis = Redis::start().await;
    let addr = redis.addr();
    for n in 0..50 {
        assert_eq!(redis.command(&["RPUSH", "kept", &n.to_string()]).await, (n + 1).to_string());
    }
    redis.kill().await;
    assert!(redis.try_command(&["PING"]).await.is_err());
    redis.restart().await;
    assert_eq!(redis.addr(), addr);
    assert_eq!(redis.command(&["LLEN", "kept"]).await, "50");
    redis.stop().await;
    assert!(redis.try_command(&["PING"]).await.is_err());
    redis.restart().await;
    redis.freeze();
    redis.restart().await;
    assert_eq!(redis.command(&["LLEN", "kept"]).await, "50");
}

#[tokio::test]
#[should_panic(expected = "Bad directive")]
async fn a_server_that_does_not_start_shows_its_log() {
    Redis::builder().setting("no-such-setting", "1").start().await;
}
