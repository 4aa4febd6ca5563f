//! Servers that are there and refuse: a closed reason in health, a 503 problem or nothing at all for clients, the driver's
//! words in the log alone, and no password anywhere.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::{Duration, Instant};

use campotech_testkit::{Postgres, Redis};
use serde_json::{Value, json};
use support::{Ask, Backend, Kind, Server, problem, voice_message};
use tempfile::TempDir;
use tokio::time::sleep;

/// What a server can't do, such as writing, is looked at in every third run of its check only.
const SEEN: Duration = Duration::from_secs(25);

/// A server with these variables, whose log is kept.
fn start(dir: &TempDir, variables: &[(&str, &str)]) -> Server {
    let free = [("CAMPOTECH_RATE_STANDARD", "1000000/1m"), ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m")];
    Server::start_logged(dir.path(), &[variables, &free].concat())
}

async fn component(server: &Server, name: &str) -> Value {
    let answer = server.get(1, "/health").await;
    let health: Value = serde_json::from_slice(&answer.body).unwrap();
    health["components"][name].clone()
}

/// Waits until a component is in this state for this reason.
async fn becomes(server: &Server, name: &str, status: &str, reason: &str) {
    let deadline = Instant::now() + SEEN;
    loop {
        let component = component(server, name).await;
        if component["status"] == status && component["reason"] == reason {
            return;
        }
        assert!(Instant::now() < deadline, "{name} is {component}, never {status}: {reason}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The database refuses: not ready, and every route that needs it is a 503 problem that says nothing of it.
async fn database_refuses(server: &Server, reason: &str, secrets: &[&str]) {
    becomes(server, "postgres", "unhealthy", reason).await;
    assert_eq!(server.get(1, "/live").await.status, 200);
    assert_eq!(server.get(1, "/ready").await.status, 503);
    let token = "a".repeat(43);
    let who = json!({"email": "ana@example.com", "password": support::PASSWORD, "name": "Ana"});
    let voice = voice_message("wamid.1", "5491123456789", "media-1");
    for ask in [
        Ask::new("GET", "/api/v1/jobs").bearer(&token),
        Ask::new("POST", "/api/v1/auth/register").json(&who),
        server.callback(&voice),
    ] {
        let path = ask.path;
        let answer = server.ask(ask).await;
        let problem = problem(&answer);
        assert_eq!(problem["status"], 503, "{path}: {problem}");
        for word in ["postgres", "Postgres", "database", "role", "sql", "campotech\""] {
            assert!(!answer.text().contains(word), "{path} says {word}: {problem}");
        }
    }
    let log = server.log().text();
    assert!(log.contains("the store has no answer"), "{log}");
    let everything = format!("{log}{}{}", server.get(1, "/health").await.text(), server.said().text());
    for secret in secrets {
        assert!(!everything.contains(secret), "a secret is shown: {everything}");
    }
}

/// The password in a URL.
fn password(url: &str) -> &str {
    url.split_once("://").unwrap().1.split_once(':').unwrap().1.split_once('@').unwrap().0
}

#[tokio::test]
async fn a_wrong_password() {
    let (dir, postgres) = (tempfile::tempdir().unwrap(), Postgres::start().await);
    let url = postgres.url();
    let wrong = url.replace(password(&url), "hunter2");
    let server = start(&dir, &[("DATABASE_URL", &wrong)]);
    database_refuses(&server, "auth", &["hunter2", password(&url)]).await;
    // No step by hand: once the password is right, the server is.
    let admin = postgres.admin().await;
    admin.batch_execute("alter role campotech password 'hunter2'").await.unwrap();
    let server = server.ready().await;
    server.log_in(1, "ana@example.com").await;
}

#[tokio::test]
async fn a_missing_database() {
    let (dir, postgres) = (tempfile::tempdir().unwrap(), Postgres::start().await);
    let url = postgres.url();
    let wrong = format!("{}/nowhere", url.rsplit_once('/').unwrap().0);
    let server = start(&dir, &[("DATABASE_URL", &wrong)]);
    database_refuses(&server, "bad_status", &[password(&url)]).await;
    let admin = postgres.admin().await;
    admin.batch_execute("create database nowhere owner campotech").await.unwrap();
    server.ready().await.log_in(1, "ana@example.com").await;
}

#[tokio::test]
async fn every_connection_of_the_database_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::builder().setting("max_connections", "8").start().await;
    let url = postgres.url();
    let admin = postgres.admin().await;
    admin.batch_execute("alter role campotech connection limit 0").await.unwrap();
    let server = start(&dir, &[("DATABASE_URL", &url)]);
    database_refuses(&server, "too_many_connections", &[password(&url)]).await;
    admin.batch_execute("alter role campotech connection limit -1").await.unwrap();
    server.ready().await.log_in(1, "ana@example.com").await;
}

#[tokio::test]
async fn a_standby_is_read_from_and_not_written_to() {
    let backend = Backend::new(Kind::Postgres).await;
    let token = {
        let server = backend.server(&[]).await;
        let token = server.log_in(1, "ana@example.com").await;
        server.create_job(1, &token, "Antes").await;
        token
    };
    let standby = backend.postgres.as_ref().unwrap().standby().await;
    let url = standby.url();
    let server = start(&backend.dir, &[("DATABASE_URL", &url)]);
    becomes(&server, "postgres", "unhealthy", "read_only").await;
    becomes(&server, "migrations", "healthy", "ok").await;
    assert_eq!(server.get(1, "/ready").await.status, 503);
    let list = server.json(Ask::new("GET", "/api/v1/jobs").bearer(&token), 200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let job = json!({"title": "Nuevo", "customer_phone": "011 15 2345-6789", "priority": "normal"});
    let refused = server.ask(Ask::new("POST", "/api/v1/jobs").bearer(&token).json(&job)).await;
    assert_eq!(problem(&refused)["status"], 503);
    let voice = voice_message("wamid.1", "5491123456789", "media-1");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 503, "Meta sends it again");
    let list = server.json(Ask::new("GET", "/api/v1/jobs").bearer(&token), 200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "nothing half-written");
}

#[tokio::test]
async fn tls_that_the_database_does_not_have_and_tls_that_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let plain = Postgres::start().await;
    let wanted = format!("{}?sslmode=require", plain.url());
    let server = start(&dir, &[("DATABASE_URL", &wanted)]);
    database_refuses(&server, "tls", &[password(&plain.url())]).await;
    drop(server);

    let postgres = Postgres::builder().tls().start().await;
    let url = format!("{}?sslmode=verify-full", postgres.url().split('?').next().unwrap());
    let server = start(&dir, &[("DATABASE_URL", &url)]);
    database_refuses(&server, "tls", &[password(&url)]).await;
    drop(server);

    let roots = dir.path().join("roots.pem");
    std::fs::write(&roots, postgres.ca_pem()).unwrap();
    let trusting = [("DATABASE_URL", url.as_str()), ("CAMPOTECH_TLS_ROOTS", roots.to_str().unwrap())];
    let server = start(&dir, &trusting).ready().await;
    server.log_in(1, "ana@example.com").await;
    let admin = postgres.admin().await;
    let sql =
        "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'campotech'";
    assert!(admin.query_one(sql, &[]).await.unwrap().get::<_, bool>(0), "every connection has TLS");
}

/// Redis refuses: degraded, and no client notices. Gives back the server and the voice message that waits.
async fn redis_refuses(server: &Server, reason: &str) {
    becomes(server, "redis", "unhealthy", reason).await;
    assert_eq!(server.get(1, "/ready").await.status, 200);
    let health = server.get(1, "/health").await;
    assert_eq!(health.status, 200);
    assert!(health.text().starts_with("{\"status\":\"degraded\""), "{}", health.text());
    let token = server.log_in(1, "ana@example.com").await;
    for n in 0..5 {
        server.create_job(1, &token, &format!("Trabajo {n}")).await;
    }
    let voice = voice_message("wamid.1", "5491123456789", "media-1");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 200, "the outbox holds it");
    assert!(!server.log().text().contains("hunter2"), "{}", server.log().text());
}

const VOICES: &str = r#"voice_messages_processed_total{outcome="done"}"#;

#[tokio::test]
async fn a_redis_that_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::builder().setting("maxmemory-policy", "noeviction").start().await;
    let server = start(&dir, &[("REDIS_URL", &redis.url())]).ready().await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    redis_refuses(&server, "out_of_memory").await;
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    becomes(&server, "redis", "healthy", "ok").await;
    server.metric_becomes(VOICES, 1.0).await;
}

#[tokio::test]
async fn a_redis_that_became_a_replica() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::start().await;
    let server = start(&dir, &[("REDIS_URL", &redis.url())]).ready().await;
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    redis_refuses(&server, "replica_link_down").await;
    redis.command(&["REPLICAOF", "NO", "ONE"]).await;
    becomes(&server, "redis", "healthy", "ok").await;
    server.metric_becomes(VOICES, 1.0).await;
}

#[tokio::test]
async fn a_redis_that_does_not_know_us() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::builder().password("right").start().await;
    let wrong = redis.url().replace("right", "hunter2");
    let server = start(&dir, &[("REDIS_URL", &wrong)]).ready().await;
    redis_refuses(&server, "auth").await;
    redis.command(&["CONFIG", "SET", "requirepass", "hunter2"]).await;
    becomes(&server, "redis", "healthy", "ok").await;
    server.metric_becomes(VOICES, 1.0).await;
}

#[tokio::test]
async fn tls_that_redis_does_not_have_and_tls_that_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let plain = Redis::start().await;
    let wanted = plain.url().replace("redis://", "rediss://");
    let server = start(&dir, &[("REDIS_URL", &wanted)]).ready().await;
    // A server without TLS takes the handshake for half a command and waits for the rest.
    redis_refuses(&server, "timeout").await;
    drop(server);

    let (dir, redis) = (tempfile::tempdir().unwrap(), Redis::builder().tls().start().await);
    let url = redis.url();
    let server = start(&dir, &[("REDIS_URL", &url)]).ready().await;
    redis_refuses(&server, "tls").await;
    drop(server);

    let roots = dir.path().join("roots.pem");
    std::fs::write(&roots, redis.ca_pem()).unwrap();
    let trusting = [("REDIS_URL", url.as_str()), ("CAMPOTECH_TLS_ROOTS", roots.to_str().unwrap())];
    let server = start(&dir, &trusting).ready().await;
    becomes(&server, "redis", "healthy", "ok").await;
    server.metric_becomes(VOICES, 1.0).await;
}

#[tokio::test]
async fn keys_of_ours_that_hold_what_is_not_ours() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::start().await;
    for key in ["{campotech:queue}:stream", "{campotech:queue}:published"] {
        redis.command(&["SET", key, "hunter2"]).await;
    }
    let server = start(&dir, &[("REDIS_URL", &redis.url())]).ready().await;
    becomes(&server, "queue", "unhealthy", "internal").await;
    let voice = voice_message("wamid.1", "5491123456789", "media-1");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 200, "the outbox holds it");
    assert_eq!(server.get(1, "/ready").await.status, 200);
    redis.command(&["DEL", "{campotech:queue}:stream", "{campotech:queue}:published"]).await;
    server.metric_becomes(VOICES, 1.0).await;
    becomes(&server, "queue", "healthy", "ok").await;
}
