//! The status page: what it shows of the past, and what it loads.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;
use support::{History, Running, platform, start};

fn routes() -> Router {
    Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
}

async fn history(running: &Running) -> History {
    running.shows("a point", |history| !history.titles().is_empty()).await
}

#[tokio::test]
async fn what_happens_is_in_the_history_and_in_words_on_the_page() {
    let variables = [("CAMPOTECH_RATE_STANDARD", "4/1h")];
    let platform = platform(&variables).fact("sessions", || "7 of 9".to_owned());
    let running = start(platform, routes()).await;
    for (path, status) in [("/fine", 200), ("/fine", 200), ("/fine", 200), ("/broken", 500), ("/fine", 429)] {
        assert_eq!(running.get(path).await.status.as_u16(), status);
    }
    // Five answers, one of them a 500, and one refusal; a point may come in between.
    let refused = |history: &History| history.line("Refused by rate limits", "standard").iter().sum::<f64>();
    let history = running.shows("a refusal", |history| refused(history) > 0.0).await;
    let sum = |title, line| history.line(title, line).iter().filter(|value| !value.is_nan()).sum::<f64>();
    // One in the five seconds of a point, or a little more, is 12 in a minute.
    assert!((4.0..=13.5).contains(&refused(&history)), "{history:?}");
    assert_eq!(
        history.line("Refused by rate limits", "standard").iter().filter(|value| **value > 0.0).count(),
        1
    );
    assert!((20.0..=100.0).contains(&sum("Server errors", "share of answers")), "{history:?}");
    let busy = history.line("Requests", "answered").iter().filter(|rate| **rate > 0.0).count();
    assert!(busy == 2 || (busy == 1 && sum("Server errors", "share of answers") == 20.0), "{history:?}");

    let titles = history.titles();
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

    let said = |title, line| history.last(title, line);
    let (p50, p99) = (history.line("Time to answer", "p50"), history.line("Time to answer", "p99"));
    assert!(p50.iter().zip(&p99).any(|(p50, p99)| *p50 > 0.0 && p50 <= p99), "{history:?}");
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
    let rows: Vec<_> = history.charts().iter().map(row).collect();
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

#[tokio::test]
async fn a_fact_that_panics_is_a_dash_on_the_page() {
    let platform = platform(&[]).fact("broken", || panic!("a fact")).fact("fine", || "7".to_owned());
    let running = start(platform, routes()).await;
    let page = running.get("/status").await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("<dt>broken</dt><dd>–</dd>"), "{text}");
    let history = running.shows("fine", |history| history.last("fine", "fine") == Some(7.0)).await;
    assert!(!history.titles().contains(&"broken"));
}

#[tokio::test]
async fn a_runtime_that_stalls_does_not_stall_the_history() {
    let running = start(platform(&[]), routes()).await;
    history(&running).await;
    // This test has one thread, and the service runs on it.
    std::thread::sleep(std::time::Duration::from_secs(12));
    let history = running.history().await;
    let at: Vec<_> = history.0["at"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap()).collect();
    assert!(at.len() >= 3 && at.windows(2).all(|pair| (4..=7).contains(&(pair[1] - pair[0]))), "{at:?}");
    assert!(history.line("Requests", "answered").iter().all(|value| !value.is_nan()), "{history:?}");
}
