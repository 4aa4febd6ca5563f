//! Looks, stalls, and facts that fail.

use campotech_core::{Observer, RateLimitVerdict};
use campotech_metrics::PoolState;

use super::*;

fn metrics() -> Metrics {
    Metrics::builder("a", "1").build().unwrap()
}

fn past(start: Instant) -> Past {
    Past::new(start, metrics().totals(), Refusals::of(std::iter::empty()))
}

fn history(facts: Vec<StatusFact>) -> History {
    let health = Health::builder("a", "1").build().unwrap();
    History::new(metrics(), health, facts, ["auth"].into_iter())
}

/// Looks each second, so many times.
async fn look(history: &History, times: usize) {
    for _ in 0..times {
        history.look();
        tokio::time::advance(EVERY).await;
    }
}

#[test]
fn a_point_is_five_seconds_and_a_minute_is_kept() {
    let start = Instant::now();
    let (mut past, totals) = (past(start), metrics().totals());
    let mut points = Vec::new();
    for second in 0..200 {
        if let Some((_, time)) = past.second(start + Duration::from_secs(second), totals.clone()) {
            points.push((second, time));
        }
    }
    let five = |n: u64| (n * 5, Duration::from_secs(5));
    assert_eq!(points, (1..40).map(five).collect::<Vec<_>>());
    assert_eq!(past.seconds.len(), SECONDS);
}

#[test]
fn looks_that_are_late_are_points_of_their_time() {
    let start = Instant::now();
    let (mut past, totals) = (past(start), metrics().totals());
    let clock = Clock::new(SystemTime::UNIX_EPOCH, start);
    let mut times = Vec::new();
    for at in [0, 900, 1_900, 2_900, 3_900, 4_900, 8_400, 11_900, 15_400] {
        let now = start + Duration::from_millis(at);
        assert!(!past.miss(now, &totals, clock), "{at}");
        times.extend(past.second(now, totals.clone()).map(|(_, time)| time.as_millis()));
    }
    assert_eq!(times, [4_900, 7_000]);
}

#[tokio::test(start_paused = true)]
async fn the_past_grows_by_looking() {
    let fact = StatusFact { name: "sessions", value: Arc::new(|| "7 of 9".to_owned()) };
    let history = history(vec![fact]);
    let pool = PoolState { max_size: 3, size: 0, available: 0, waiting: 0 };
    history.metrics.watch_pool("main", move || pool).unwrap();
    assert_eq!(history.drawn(), r#"{"at":[],"charts":[]}"#);
    look(&history, 16).await;
    let (hour, states) = (history.hour(), history.states());
    assert_eq!(hour.at.len(), 3);
    assert_eq!(history.drawn(), columns(&hour).to_string());
    let titles: Vec<_> = hour.charts.iter().map(|chart| &*chart.title).collect();
    assert_eq!(
        titles,
        [
            "Requests",
            "Server errors",
            "Time to answer",
            "At work",
            "Waiting in queues",
            "Refused by rate limits",
            "sessions",
            // There may be more pools than lines.
            "Connections: main"
        ]
    );
    assert_eq!((states.tracks.len(), states.tracks[0].points()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_saw_is_a_gap_and_in_no_rate() {
    let history = history(Vec::new());
    look(&history, 11).await;
    assert!(history.rates().is_some());
    for _ in 0..100 {
        history.metrics.rate_limit("auth", RateLimitVerdict::Limited);
    }
    tokio::time::advance(Duration::from_secs(62)).await;
    assert!(history.rates().is_none(), "nothing is known of the last minute");
    look(&history, 6).await;

    let hour = history.hour();
    let line = |title| {
        let chart = hour.charts.iter().find(|chart| chart.title == title).unwrap();
        chart.lines[0].values().map(|value| value.map(|value| value as u32)).collect::<Vec<_>>()
    };
    let (seen, gap) = (vec![Some(0); 2], vec![None; 12]);
    let expected = [seen, gap, vec![Some(0)]].concat();
    assert_eq!((line("Requests"), line("Refused by rate limits")), (expected.clone(), expected));
    assert!(
        hour.at.iter().zip(hour.at.iter().skip(1)).all(|(at, next)| (4..=8).contains(&(next - at))),
        "{hour:?}"
    );
    let widths: Vec<_> = history.states().tracks[0].runs().iter().map(|run| run.points).collect();
    assert_eq!(widths, [2, 12, 1], "time has its width");
    let since = history.past.lock().seconds.front().unwrap().0;
    assert!(since.elapsed() < STALL, "no rate is of the time before");
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_an_hour_at_most() {
    let history = history(Vec::new());
    look(&history, 6).await;
    tokio::time::advance(Duration::from_secs(100_000)).await;
    look(&history, 6).await;
    let hour = history.hour();
    assert_eq!(hour.at.len(), POINTS);
    assert!(hour.at.iter().zip(hour.at.iter().skip(1)).all(|(at, next)| at < next));
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_panics_ends_nothing() {
    let broken = StatusFact { name: "broken", value: Arc::new(|| panic!("a fact")) };
    let fine = StatusFact { name: "fine", value: Arc::new(|| "1".to_owned()) };
    let history = history(vec![broken, fine]);
    look(&history, 11).await;
    let hour = history.hour();
    assert_eq!((hour.at.len(), hour.charts.last().unwrap().title.as_ref()), (2, "fine"));
}

#[tokio::test]
async fn nobody_looks_at_a_history_that_is_dropped() {
    let history = Arc::new(history(Vec::new()));
    let thread = keep_looking(Arc::downgrade(&history)).unwrap();
    while history.past.lock().seconds.is_empty() {
        thread::yield_now();
    }
    drop(history);
    thread.join().unwrap();
}

#[test]
fn times_rise_whatever_the_clock_does() {
    let (wall, start) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_000), Instant::now());
    let clock = Clock::new(wall, start);
    let at = |seconds| clock.seconds(start + Duration::from_secs(seconds));
    assert_eq!([0, 5, 3_600].map(at), [1_000, 1_005, 4_600]);
}
