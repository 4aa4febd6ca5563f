//! The page itself, rendered on the server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use campotech_health::{Health, Snapshot};
use maud::{DOCTYPE, Markup, html};

use super::History;
use super::history::Change;
use super::style::CSS;

/// What the page shows.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) health: Health,
    pub(crate) history: Arc<History>,
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
                    // Where there are scripts, they keep the page fresh without losing the place in it.
                    @if !still { noscript { meta http-equiv="refresh" content="5"; } }
                    link rel="stylesheet" href="status/uplot.css" nonce=(nonce);
                    style nonce=(nonce) { (maud::PreEscaped(CSS)) }
                    script src="status/uplot.js" nonce=(nonce) defer {}
                    script src="status/charts.js" nonce=(nonce) defer {}
                }
                body { main {
                    (head(&snapshot, still))
                    h2 { "Now" }
                    (self.facts())
                    h2 { "The last hour" }
                    noscript { p.sub { "Drawn where JavaScript is allowed; the numbers above need none." } }
                    div #charts {}
                    h2 { "Components" }
                    (components(&snapshot))
                    h2 { "Changes" }
                    (changes(&self.history.changes()))
                } }
            }
        }
        .into_string()
    }

    fn facts(&self) -> Markup {
        let now = self.history.now();
        let rates = self.history.rates();
        html! {
            dl #now .facts {
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
                @for fact_ in self.history.facts() {
                    (fact(fact_.name, &(fact_.value)()))
                }
            }
        }
    }
}

fn head(snapshot: &Snapshot, still: bool) -> Markup {
    html! {
        h1 #state {
            (snapshot.service) " "
            span class={ "state " (snapshot.status.as_str()) } { (snapshot.status.as_str()) }
        }
        p.sub {
            "version " (snapshot.version) ", " (snapshot.phase.as_str()) ", up " (duration(snapshot.uptime))
            ". Rates are those of the last minute; this page "
            @if still {
                "stays as it is. " a href="status" { "Keep it fresh" }
            } @else {
                "keeps itself fresh every five seconds. " a href="status?still" { "Hold it still" }
            }
        }
    }
}

fn components(snapshot: &Snapshot) -> Markup {
    html! {
        table #components {
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

fn changes(changes: &[Change]) -> Markup {
    html! {
        table #changes {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "Component" } th scope="col" { "From" }
                th scope="col" { "To" } th scope="col" { "Reason" }
            } }
            tbody {
                @if changes.is_empty() { tr { td colspan="5" { "None since the start." } } }
                @for change in changes { tr {
                    td.n { (ago(change.at)) }
                    th scope="row" { (change.component) }
                    td { span class={ "state " (change.from.as_str()) } { (change.from.as_str()) } }
                    td { span class={ "state " (change.to.as_str()) } { (change.to.as_str()) } }
                    td { (change.reason) }
                } }
            }
        }
    }
}

fn ago(at: SystemTime) -> String {
    format!("{} ago", duration(SystemTime::now().duration_since(at).unwrap_or_default()))
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
