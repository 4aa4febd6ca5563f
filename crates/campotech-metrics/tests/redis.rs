//! What a client of fred counts, as the metrics show it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::sync::Arc;
use std::time::Duration;

use campotech_metrics::{ConfigError, Metrics};
use campotech_testkit::{FaultProxy, Redis};
use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::config::Config;

fn metrics() -> Metrics {
    Metrics::builder("field-service", "1.2.3").without_process().build().unwrap()
}

async fn connected(url: &str) -> Client {
    let client = Client::new(Config::from_url(url).unwrap(), None, None, None);
    client.init().await.unwrap();
    client
}

async fn ping(client: &Client, times: usize) {
    for _ in 0..times {
        client.ping::<()>(None).await.unwrap();
    }
}

fn value(metrics: &Metrics, family: &str, client: &str) -> f64 {
    let series = format!("{family}{{client=\"{client}\"}} ");
    let text = metrics.render_text();
    let told = text.lines().find_map(|line| line.strip_prefix(&series));
    told.unwrap_or_else(|| panic!("{series} is not in\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn commands_and_bytes_are_counted_and_a_scrape_takes_nothing_away() {
    let redis = Redis::start().await;
    let client = connected(&redis.url()).await;
    let metrics = metrics();
    metrics.watch_redis_client("main", &client).unwrap();
    let of = |family: &str| value(&metrics, family, "main");
    let before = of("redis_client_commands_total");
    ping(&client, 40).await;
    assert_eq!(of("redis_client_commands_total"), before + 40.0);
    assert_eq!(of("redis_client_commands_total"), before + 40.0);
    let (sent, received) = (of("redis_client_sent_bytes_total"), of("redis_client_received_bytes_total"));
    assert!(sent >= 40.0 * 14.0 && received >= 40.0 * 7.0, "{sent} {received}");
    ping(&client, 2).await;
    assert_eq!(of("redis_client_commands_total"), before + 42.0);
    // `*1\r\n$4\r\nPING\r\n` and `+PONG\r\n`.
    assert_eq!(of("redis_client_sent_bytes_total"), sent + 28.0);
    assert_eq!(of("redis_client_received_bytes_total"), received + 14.0);
    assert_eq!(of("redis_client_queue_length"), 0.0);
    assert!(metrics.render_text().contains("scrape_collector_success{collector=\"redis.main\"} 1\n"));
}

#[tokio::test]
async fn time_is_that_of_the_callers() {
    const LATE: Duration = Duration::from_millis(60);
    let redis = Redis::start().await;
    let proxy = FaultProxy::start(redis.addr()).await;
    let client = connected(&redis.url_via(proxy.addr())).await;
    let metrics = metrics();
    metrics.watch_redis_client("far", &client).unwrap();
    let of = |family: &str| value(&metrics, family, "far");
    let (before, network) =
        (of("redis_client_command_seconds_total"), of("redis_client_network_seconds_total"));
    proxy.set(campotech_testkit::Fault::Delay(LATE));
    ping(&client, 3).await;
    let least = 3.0 * LATE.as_secs_f64();
    let (waited, network) = (
        of("redis_client_command_seconds_total") - before,
        of("redis_client_network_seconds_total") - network,
    );
    assert!(waited >= least && waited < 60.0, "{waited}");
    assert!(network >= least && network <= waited, "{network} of {waited}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scrapes_at_once_lose_nothing() {
    let redis = Redis::start().await;
    let client = connected(&redis.url()).await;
    let (one, two) = (Arc::new(metrics()), Arc::new(metrics()));
    for metrics in [&one, &two] {
        metrics.watch_redis_client("main", &client).unwrap();
    }
    let before = value(&one, "redis_client_commands_total", "main");
    let scrapes = [&one, &one, &two].map(|metrics| {
        let metrics = Arc::clone(metrics);
        tokio::task::spawn_blocking(move || {
            let mut last = 0.0;
            for _ in 0..50 {
                let now = value(&metrics, "redis_client_commands_total", "main");
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        })
    });
    ping(&client, 300).await;
    for scrape in scrapes {
        scrape.await.unwrap();
    }
    for metrics in [&one, &two] {
        assert_eq!(value(metrics, "redis_client_commands_total", "main"), before + 300.0);
    }
}

#[tokio::test]
async fn a_name_is_taken_once_and_needs_no_server() {
    let metrics = metrics();
    let away = Client::default();
    metrics.watch_redis_client("main", &away).unwrap();
    metrics.watch_redis_client("quick", &away).unwrap();
    assert_eq!(
        metrics.watch_redis_client("main", &Client::default()),
        Err(ConfigError::DuplicateMetric("redis_client_commands_total{client=\"main\"}".into()))
    );
    assert_eq!(value(&metrics, "redis_client_commands_total", "quick"), 0.0);
}
