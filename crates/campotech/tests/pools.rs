//! The metrics of a pool, as `/metrics` shows them.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use axum::Router;
use campotech::metrics::MeasuredPool;
use campotech_testkit::Postgres;
use deadpool_postgres::tokio_postgres::NoTls;
use deadpool_postgres::{Manager, Pool};
use support::{platform, start};

#[tokio::test]
async fn a_pool_is_shown_and_a_scrape_takes_none_of_its_connections() {
    let server = Postgres::start().await;
    let pool = Pool::builder(Manager::new(server.url().parse().unwrap(), NoTls)).max_size(3).build().unwrap();
    let platform = platform(&[]).watch_pool("main", &pool).unwrap();
    let told = platform.metrics().pool("main").unwrap();
    let running = start(platform, Router::new()).await;
    let shows = async |expected: [(&str, f64); 5]| {
        for (series, value) in expected {
            assert_eq!(running.metric(series).await, Some(value), "{series}");
        }
    };
    let [idle, used, max, waiting, timeouts] = [
        r#"db_pool_connections{pool="main",state="idle"}"#,
        r#"db_pool_connections{pool="main",state="used"}"#,
        r#"db_pool_max_connections{pool="main"}"#,
        r#"db_pool_waiting{pool="main"}"#,
        r#"db_pool_timeouts_total{pool="main"}"#,
    ];
    shows([(idle, 0.0), (used, 0.0), (max, 3.0), (waiting, 0.0), (timeouts, 0.0)]).await;
    let leased = (pool.get().await.unwrap(), pool.get().await.unwrap());
    shows([(idle, 0.0), (used, 2.0), (max, 3.0), (waiting, 0.0), (timeouts, 0.0)]).await;
    drop(leased.0);
    told.acquired(Duration::from_millis(3));
    told.timed_out();
    shows([(idle, 1.0), (used, 1.0), (max, 3.0), (waiting, 0.0), (timeouts, 1.0)]).await;
    assert_eq!(running.metric(r#"db_pool_acquire_seconds_count{pool="main"}"#).await, Some(1.0));
}

#[tokio::test]
async fn a_measured_pool_tells_of_its_callers_itself() {
    let server = Postgres::start().await;
    let pool = Pool::builder(Manager::new(server.url().parse().unwrap(), NoTls)).max_size(1).build().unwrap();
    let platform = platform(&[]);
    let pool: MeasuredPool<Manager> = platform.metrics().measure_pool("main", pool).unwrap();
    let running = start(platform, Router::new()).await;
    let leased = pool.get().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(5), pool.get()).await.is_err());
    for (series, value) in [
        (r#"db_pool_connections{pool="main",state="used"}"#, 1.0),
        (r#"db_pool_acquire_seconds_count{pool="main"}"#, 1.0),
        (r#"db_pool_timeouts_total{pool="main"}"#, 1.0),
    ] {
        assert_eq!(running.metric(series).await, Some(value), "{series}");
    }
    drop(leased);
}

#[tokio::test]
async fn a_pool_has_a_chart_of_what_is_in_use_of_it() {
    let server = Postgres::start().await;
    let pool = Pool::builder(Manager::new(server.url().parse().unwrap(), NoTls)).max_size(3).build().unwrap();
    let running = start(platform(&[]).watch_pool("main", &pool).unwrap(), Router::new()).await;
    let leased = (pool.get().await.unwrap(), pool.get().await.unwrap());
    running
        .shows("two of three", |history| {
            let last = |line| history.last("Connections: main", line);
            [last("in use"), last("at most"), last("waiting for one")] == [Some(2.0), Some(3.0), Some(0.0)]
        })
        .await;
    let page = running.get("/status").await.text();
    assert!(page.contains(r#"<figure data-chart="Connections: main">"#), "{page}");
    drop(leased);
}

#[tokio::test]
async fn two_pools_of_one_name_are_an_error() {
    let config = "postgres://ana@127.0.0.1:1/x".parse().unwrap();
    let pool = Pool::builder(Manager::new(config, NoTls)).build().unwrap();
    let platform = platform(&[]).watch_pool("main", &pool).unwrap().watch_pool("reports", &pool).unwrap();
    let error = platform.watch_pool("main", &pool).unwrap_err();
    assert_eq!(error.to_string(), "metrics can't be set up");
}
