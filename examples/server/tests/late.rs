//! Dependencies that come after the server.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use serde_json::json;
use support::{Ask, Backend, Kind, PASSWORD, problem};

#[tokio::test]
async fn a_server_without_its_database_and_redis_starts_and_goes_on_when_they_come() {
    let backend = Backend::new(Kind::PostgresWithRedis).await;
    let (postgres, redis) = (backend.postgres.as_ref().unwrap(), backend.redis.as_ref().unwrap());
    tokio::join!(postgres.stop(), redis.stop());
    let server = backend.start(&[]);
    assert_eq!(server.get(1, "/live").await.status, 200);
    assert_eq!(server.get(1, "/ready").await.status, 503);
    let who = json!({"email": "ana@example.com", "password": PASSWORD, "name": "Ana"});
    let register = Ask::new("POST", "/api/v1/auth/register").json(&who);
    assert_eq!(problem(&server.ask(register).await)["status"], 503);

    redis.restart().await;
    assert_eq!(server.get(1, "/ready").await.status, 503, "Redis alone is not enough");
    postgres.restart().await;
    let server = server.ready().await;
    let token = server.log_in(2, "ana@example.com").await;
    server.create_job(2, &token, "Tarde").await;
    let voice = support::voice_message("wamid.late", "5491123456789", "media-late");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 200);
    server.metric_becomes(r#"jobs_created_total{kind="voice"}"#, 1.0).await;
    for series in [
        r#"db_pool_acquire_seconds_count{pool="postgres"}"#,
        r#"redis_client_commands_total{client="commands"}"#,
        r#"redis_client_commands_total{client="limits"}"#,
        r#"redis_client_received_bytes_total{client="events"}"#,
    ] {
        server.metric_becomes_at_least(series, 1.0).await;
    }
}

#[tokio::test]
async fn a_database_alone_makes_the_service_ready() {
    let backend = Backend::new(Kind::PostgresWithRedis).await;
    let redis = backend.redis.as_ref().unwrap();
    redis.kill().await;
    let server = backend.server(&[]).await;
    let health = server.get(1, "/health").await;
    assert_eq!((health.status.as_u16(), health.text().contains("\"degraded\"")), (200, true));
    let voice = support::voice_message("wamid.late", "5491123456789", "media-late");
    assert_eq!(server.ask(server.callback(&voice)).await.status, 200, "the outbox holds it");
    redis.restart().await;
    server.metric_becomes(r#"voice_messages_processed_total{outcome="done"}"#, 1.0).await;
}
