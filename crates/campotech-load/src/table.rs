//! The figures of a run in a line of a table.

use crate::run::Outcome;

/// A row of the table in `docs/reference/performance.md`.
#[must_use]
pub fn row(outcome: &Outcome) -> String {
    let figure = |metric: &str, name: &str| outcome.figures.value(metric, name);
    let latency = |name: &str| format!("{:.1}", figure("http_req_duration", name));
    let cells = [
        format!("{} {}", outcome.scenario.name(), outcome.mode.name()),
        format!("{:.0} s", outcome.took.as_secs_f64()),
        format!("{:.0}", figure("iterations", "count")),
        format!("{:.0}", figure("http_reqs", "count")),
        format!("{:.0}", figure("http_reqs", "rate")),
        latency("p(50)"),
        latency("p(95)"),
        latency("p(99)"),
        format!("{:.3} %", figure("http_req_failed", "rate") * 100.0),
        format!("{:.0}", figure("dropped_iterations", "count")),
        format!("{:.0}", figure("quota_refusals", "count") + figure("greedy_refusals", "count")),
        format!("{:.0}", figure("websocket_events", "count")),
        outcome.cpu.map_or("-".to_owned(), |seconds| format!("{seconds:.0} s")),
        outcome.memory.map_or("-".to_owned(), |bytes| format!("{:.0} MiB", bytes / f64::from(1 << 20))),
        if outcome.is_good() { "green".to_owned() } else { "FAILED".to_owned() },
    ];
    format!("| {} |", cells.join(" | "))
}

/// Its head.
pub const HEAD: &str = "| scenario | took | visits | requests | a second | p50 ms | p95 ms | p99 ms | failed | dropped | 429 | events | server CPU | memory | thresholds |\n\
                        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";
