//! The status page: what it shows of the past, and what it loads.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;
use support::{Running, platform, start};

fn routes() -> Router {
    Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
}

/// The history, once it has a point.
async fn history(running: &Running) -> Value {
    loop {
        let history = running.get("/status/history.json").await;
        assert_eq!(history.headers["content-type"], "application/json");
        let history: Value = serde_json::from_slice(&history.body).unwrap();
        if history["at"].as_array().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        } else {
            return history;
        }
    }
}

fn titles(history: &Value) -> Vec<&str> {
    history["charts"].as_array().unwrap().iter().map(|chart| chart["title"].as_str().unwrap()).collect()
}

/// The first value of a line.
fn first(history: &Value, title: &str, line: &str) -> Option<f64> {
    let charts = history["charts"].as_array().unwrap();
    let chart = charts.iter().find(|chart| chart["title"] == title).unwrap();
    let lines = chart["lines"].as_array().unwrap();
    lines.iter().find(|known| known["name"] == line).unwrap()["values"][0].as_f64()
}

#[tokio::test]
async fn what_happens_is_in_the_history_and_in_words_on_the_page() {
    let variables = [("CAMPOTECH_RATE_STANDARD", "4/1h")];
    let platform = platform(&variables).fact("sessions", || "7 of 9".to_owned());
    let running = start(platform, routes()).await;
    for (path, status) in [("/fine", 200), ("/fine", 200), ("/fine", 200), ("/broken", 500), ("/fine", 429)] {
        assert_eq!(running.get(path).await.status.as_u16(), status);
    }
    let history = history(&running).await;
    let titles = titles(&history);
    let every_service = [
        "Requests",
        "Server errors",
        "Time to answer",
        "At work",
        "Waiting in queues",
        "Refused by rate limits",
    ];
    assert_eq!(titles[..6], every_service);
    assert_eq!(titles[6..], ["sessions"], "no pool, no chart of one");

    // What was asked before the first look is in no difference, so shares are compared, not sums.
    let said = |title, line| first(&history, title, line);
    assert!(said("Time to answer", "p50") <= said("Time to answer", "p99"));
    assert_eq!((said("sessions", "sessions"), said("sessions", "out of")), (Some(7.0), Some(9.0)));
    assert_eq!(said("At work", "requests in flight"), Some(0.0));

    let page = running.get("/status").await.text();
    for title in titles {
        assert!(page.contains(&format!(r#"<figure data-chart="{title}">"#)), "{title}: {page}");
    }
    assert!(page.contains(r#"<dt class="l1">out of</dt><dd><b>9</b> now, always 9</dd>"#), "{page}");
}

#[tokio::test]
async fn the_charts_are_those_of_the_readme() {
    let running = start(platform(&[]), routes()).await;
    let history = history(&running).await;
    let row = |chart: &Value| {
        let [title, unit] = ["title", "unit"].map(|key| chart[key].as_str().unwrap());
        let lines: Vec<_> =
            chart["lines"].as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
        let lines = if lines == ["standard"] { "a line for each tier".to_owned() } else { lines.join(", ") };
        format!("| {title} | {unit} | {lines} |")
    };
    let rows: Vec<_> = history["charts"].as_array().unwrap().iter().map(row).collect();
    let readme = include_str!("../README.md");
    let table = readme.split("| chart | unit | lines |\n|---|---|---|\n").nth(1).unwrap();
    assert_eq!(rows, table.lines().take_while(|line| line.starts_with('|')).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_page_loads_what_is_served_beside_it() {
    let running = start(platform(&[]), routes()).await;
    let page = running.get("/status").await.text();
    for (path, kind) in [
        ("status/uplot.js", "text/javascript; charset=utf-8"),
        ("status/charts.js", "text/javascript; charset=utf-8"),
        ("status/uplot.css", "text/css; charset=utf-8"),
        ("status/uplot.license", "text/plain; charset=utf-8"),
    ] {
        let at = page.find(&format!("=\"{path}")).unwrap() + 2;
        let url = page[at..].split('"').next().unwrap();
        let file = running.get(&format!("/{url}")).await;
        assert_eq!(
            (file.status.as_u16(), file.headers["content-type"].to_str().unwrap()),
            (200, kind),
            "{url}"
        );
        let kept = file.headers["cache-control"].to_str().unwrap();
        let expected = if url == path { "no-store" } else { "max-age=31536000, immutable" };
        assert_eq!((kept, url.contains("?v=")), (expected, !kind.starts_with("text/plain")), "{url}");
        for other in [format!("/{path}"), format!("/{path}?v=0123456789abcdef")] {
            assert_eq!(running.get(&other).await.headers["cache-control"], "no-store", "{other}");
        }
    }
}

#[tokio::test]
async fn it_renews_itself_unless_it_is_held_still() {
    let running = start(platform(&[]), routes()).await;
    let again = r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#;
    assert!(running.get("/status").await.text().contains(again));
    for (query, still) in
        [("?still", true), ("?a=b&still", true), ("?still=", true), ("?stills", false), ("", false)]
    {
        let page = running.get(&format!("/status{query}")).await.text();
        // The script asks the page, not the query.
        assert_eq!(
            (page.contains("<html lang=\"en\" data-still>"), page.contains("refresh")),
            (still, !still),
            "{query}"
        );
    }
}
