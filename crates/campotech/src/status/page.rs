//! The page itself, rendered on the server.

use std::sync::Arc;

use campotech_health::{ComponentStatus, Health, Snapshot};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::clock::Clock;
use super::states::States;
use super::text::{ago, duration, milliseconds};
use super::{History, assets, figures};

/// What the page shows.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) health: Health,
    pub(crate) history: Arc<History>,
}

impl Page {
    /// The page as HTML. `nonce` lets its style and scripts pass the content security policy; `still` says that it does
    /// not renew itself.
    pub(crate) fn render(&self, nonce: &str, still: bool) -> String {
        let (snapshot, states) = (self.health.snapshot(), self.history.states());
        html! {
            (DOCTYPE)
            html lang="en" data-still[still] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (snapshot.service) " is " (snapshot.status.as_str()) }
                    link #icon rel="icon" href=(icon(snapshot.status));
                    // Where there are scripts, they keep the page fresh without losing the place in it.
                    @if !still { noscript { meta http-equiv="refresh" content="5"; } }
                    link rel="stylesheet" href=(assets::url("uplot.css")) nonce=(nonce);
                    style nonce=(nonce) { (PreEscaped(assets::PAGE_CSS)) }
                    script src=(assets::url("uplot.js")) nonce=(nonce) defer {}
                    script #script src=(assets::url("charts.js")) nonce=(nonce) defer {}
                }
                body { main {
                    (head(&snapshot, still))
                    h2 { "Now" }
                    (self.facts())
                    h2 { "The last hour" }
                    div #charts { (figures::charts(&self.history.hour())) }
                    h2 #components-title { "Components" }
                    div #strips { (figures::strips(&states)) }
                    (components(&snapshot))
                    h2 #changes-title { "Changes of state" }
                    (changes(&states, self.history.clock()))
                    p.sub { "Charts by " a href="status/uplot.license" { "uPlot" } "." }
                } }
            }
        }
        .into_string()
    }

    fn facts(&self) -> Markup {
        let now = self.history.now();
        let rates = self.history.rates();
        html! {
            dl #now {
                @if let Some(rates) = rates {
                    (fact("requests per second", &format!("{:.1}", rates.requests_per_second)))
                    (fact("server errors", &format!("{:.2} %", rates.error_share * 100.0)))
                    (fact("time to answer, p50", &milliseconds(rates.p50)))
                    (fact("time to answer, p95", &milliseconds(rates.p95)))
                    (fact("time to answer, p99", &milliseconds(rates.p99)))
                }
                (fact("requests in flight", &now.in_flight.to_string()))
                (fact("WebSockets", &now.websockets_active.to_string()))
                (fact("jobs created", &now.jobs_created.to_string()))
                (fact("voice messages", &now.voice_done.to_string()))
                @for (queue, state) in self.history.queues() {
                    (fact(&format!("queue: {}", queue.as_str()), &state.size.to_string()))
                }
                @for fact_ in self.history.facts() {
                    (fact(fact_.name, fact_.ask().as_deref().unwrap_or("–")))
                }
            }
        }
    }
}

fn head(snapshot: &Snapshot, still: bool) -> Markup {
    html! {
        h1 #state { (snapshot.service) " " (state(snapshot.status)) }
        p.sub {
            span #about {
                "version " (snapshot.version) ", " (snapshot.phase.as_str()) ", up " (duration(snapshot.uptime)) "."
            }
            " Rates are those of the last minute, times are UTC. "
            @if still {
                "This page stays as it is: " a href="status" { "Keep it fresh" }
            } @else {
                span.live { "Renewed every five seconds:" } " " a href="status?still" { "Hold it still" }
            }
        }
        p #news role="status" {}
    }
}

fn components(snapshot: &Snapshot) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-labelledby="components-title" {
            table #components aria-labelledby="components-title" {
                thead { tr {
                    th scope="col" { "Component" } th scope="col" { "State" } th scope="col" { "Reason" }
                    th scope="col" { "Matters" } th scope="col" { "Latency" } th scope="col" { "Checked" }
                } }
                tbody {
                    @for component in &snapshot.components {
                        tr {
                            th scope="row" { (component.name) }
                            td { (state(component.status)) }
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
}

/// The newest first.
fn changes(states: &States, clock: Clock) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-labelledby="changes-title" {
            table #changes aria-labelledby="changes-title" {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "From" }
                    th scope="col" { "To" } th scope="col" { "Reason" }
                } }
                tbody {
                    @if states.changes.is_empty() { tr { td colspan="5" { "None since the start." } } }
                    @for change in states.changes.iter().rev() { tr {
                        td.n { (ago(clock.at(change.at), change.at.elapsed())) }
                        th scope="row" { (change.name) }
                        td { (state(change.from)) }
                        td { (state(change.to)) }
                        td { (change.reason) }
                    } }
                }
            }
        }
    }
}

fn state(state: ComponentStatus) -> Markup {
    html! { span class={ "state " (state.as_str()) } { (state.as_str()) } }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A dot for the tab, so that the state is seen from another one.
fn icon(state: ComponentStatus) -> String {
    let colour = match state {
        ComponentStatus::Healthy => "35a968",
        ComponentStatus::Degraded => "e08e0b",
        ComponentStatus::Unhealthy => "d93a2f",
        ComponentStatus::Unknown => "8a929c",
    };
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='%23{colour}'/></svg>"
    )
}
