//! What the run stands on: questions to a Prometheus, and a receiver that misses nothing.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::time::{Duration, Instant};

use campotech_monitor::live::{Client, QueryError, Receiver};
use campotech_testkit::{Daemon, DaemonBuilder};
use serde_json::{Value, json};

async fn prometheus() -> Daemon {
    DaemonBuilder::installed("prometheus", "prometheus")
        .file("prometheus.yml", "scrape_configs: []\n")
        .arg("--config.file={dir}/prometheus.yml")
        .arg("--storage.tsdb.path={dir}/data")
        .arg("--web.listen-address={addr}")
        .ready_at(0, "/-/ready")
        .start()
        .await
}

#[tokio::test]
async fn an_expression_has_a_result_none_or_a_fault() {
    let prometheus = prometheus().await;
    let client = Client::new(prometheus.addr());
    assert_eq!(client.instant("1 + 1", None).await.unwrap()[0]["value"][1], "2");
    assert_eq!(client.instant("vector(3)", Some(1e9)).await.unwrap()[0]["value"], json!([1e9 as u64, "3"]));
    assert_eq!(client.instant("up", None).await.unwrap(), Vec::<Value>::new());
    let points = client.range("vector(1)", 1e9, 1e9 + 10.0, 5.0).await.unwrap();
    assert_eq!(points[0]["values"].as_array().unwrap().len(), 3);
    assert!(client.metrics().await.unwrap().is_empty());
    assert!(
        matches!(client.instant("sum(", None).await, Err(QueryError::Refused(why)) if why.contains("parse"))
    );
    prometheus.kill();
    assert!(matches!(client.instant("1", None).await, Err(QueryError::Away(_))));
}

#[tokio::test]
async fn a_receiver_keeps_everything_and_wakes_who_waits() {
    let receiver = Receiver::start().await.unwrap();
    let url = format!("http://{}/pagerduty/v2/enqueue", receiver.addr());
    let post = move |body: Value| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            ureq::post(&url).content_type("application/json").send(body.to_string())
        })
    };
    let since = Instant::now();
    let told = receiver.wait(since, Duration::from_secs(10), |one| one.tells("DatabaseDown"));
    let (told, sent) =
        tokio::join!(told, post(json!({"event_action": "trigger", "payload": "DatabaseDown"})));
    assert_eq!(sent.unwrap().unwrap().status(), 200);
    let told = told.unwrap();
    assert_eq!((&*told.way, told.is_resolved()), ("pagerduty", false));
    post(json!({"event_action": "resolve"})).await.unwrap().unwrap();
    assert_eq!(receiver.deliveries().len(), 2);
    assert!(receiver.deliveries()[1].is_resolved());
    let none = receiver.wait(Instant::now(), Duration::from_millis(50), |_| true).await;
    assert!(none.is_none(), "what came before does not count");
}
