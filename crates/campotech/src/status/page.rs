//! The page itself, rendered on the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campotech_health::{Health, Snapshot};
use maud::{DOCTYPE, Markup, html};

use super::History;
use super::style::CSS;

/// A fact that the service adds to the page, such as the size of a queue.
#[derive(Clone)]
pub(crate) struct StatusFact {
    pub(crate) name: &'static str,
    pub(crate) value: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for StatusFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusFact").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the page shows.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) health: Health,
    pub(crate) history: Arc<History>,
    pub(crate) facts: Vec<StatusFact>,
}

impl Page {
    /// The page as HTML. `nonce` lets its style pass the content security policy; `still` says that it does not load
    /// again by itself.
    pub(crate) fn render(&self, nonce: &str, still: bool) -> String {
        let snapshot = self.health.snapshot();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (snapshot.service) " is " (snapshot.status.as_str()) }
                    style nonce=(nonce) { (maud::PreEscaped(CSS)) }
                }
                body { main {
                    (head(&snapshot, still))
                    h2 { "Now" }
                    (self.facts())
                    h2 { "Components" }
                    (components(&snapshot))
                } }
            }
        }
        .into_string()
    }

    fn facts(&self) -> Markup {
        let now = self.history.now();
        let rates = self.history.rates();
        html! {
            dl.facts {
                @if let Some(rates) = rates {
                    (fact("requests per second", &format!("{:.1}", rates.requests_per_second)))
                    (fact("server errors", &format!("{:.2} %", rates.error_share * 100.0)))
                    (fact("time to answer, p50", &milliseconds(rates.p50)))
                    (fact("time to answer, p95", &milliseconds(rates.p95)))
                }
                (fact("requests in flight", &now.in_flight.to_string()))
                (fact("WebSockets", &now.websockets_active.to_string()))
                (fact("jobs created", &now.jobs_created.to_string()))
                (fact("voice messages", &now.voice_done.to_string()))
                @for fact_ in &self.facts {
                    (fact(fact_.name, &(fact_.value)()))
                }
            }
        }
    }
}

fn head(snapshot: &Snapshot, still: bool) -> Markup {
    html! {
        h1 {
            (snapshot.service) " "
            span class={ "state " (snapshot.status.as_str()) } { (snapshot.status.as_str()) }
        }
        p.sub {
            "version " (snapshot.version) ", " (snapshot.phase.as_str()) ", up " (duration(snapshot.uptime))
            ". Rates are those of the last minute; this page "
            @if still {
                "stays as it is. " a href="status" { "Load again every five seconds" }
            } @else {
                "loads again every five seconds. " a href="status?still" { "Hold it still" }
            }
        }
    }
}

fn components(snapshot: &Snapshot) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Component" } th scope="col" { "State" } th scope="col" { "Reason" }
                th scope="col" { "Matters" } th scope="col" { "Latency" } th scope="col" { "Checked" }
            } }
            tbody {
                @for component in &snapshot.components {
                    tr {
                        th scope="row" { (component.name) }
                        td { span class={ "state " (component.status.as_str()) } { (component.status.as_str()) } }
                        td { (component.reason.as_str()) }
                        td { (component.criticality.as_str()) }
                        td.n { @if let Some(time) = component.latency { (format!("{:.1} ms", time.as_secs_f64() * 1_000.0)) } }
                        td.n { @if let Some(age) = component.age { (format!("{} s ago", age.as_secs())) } }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1_000.0))
}

fn duration(time: Duration) -> String {
    let time = time.as_secs();
    match time {
        0..60 => format!("{time} s"),
        60..3_600 => format!("{} min", time / 60),
        3_600..86_400 => format!("{} h {} min", time / 3_600, time % 3_600 / 60),
        _ => format!("{} d {} h", time / 86_400, time % 86_400 / 3_600),
    }
}
