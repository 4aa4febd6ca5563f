//! The last hour in words and strips, which need no script; a script draws the lines above the words.

use std::time::Duration;

use maud::{Markup, html};

use super::hour::{Chart, Hour, Line, POINT_SECONDS};
use super::states::{States, Track};
use super::text::{duration, number};

/// Line styles of the style sheet; further lines begin again.
const STYLES: usize = 4;
const NOTHING: &str = "Nothing yet: the first point comes after five seconds.";

pub(super) fn charts(hour: &Hour) -> Markup {
    html! {
        @if hour.charts.is_empty() { p.sub { (NOTHING) } }
        @for chart in &hour.charts {
            figure data-chart=(chart.title) {
                figcaption { span { (chart.title) } }
                dl {
                    @for (i, line) in chart.lines.iter().enumerate() {
                        div { dt class={ "l" (i % STYLES) } { (line.name) } dd { (words(line, chart)) } }
                    }
                }
            }
        }
    }
}

fn words(line: &Line, chart: &Chart) -> Markup {
    let Some(summary) = line.summary() else { return html! { "nothing yet" } };
    let said = |value| number(f64::from(value), chart.unit);
    html! {
        b { @if let Some(now) = summary.now { (said(now)) } @else { "none" } } " now, "
        @if summary.lowest == summary.highest { "always " (said(summary.lowest)) }
        @else { (number(summary.lowest.into(), "")) " to " (said(summary.highest)) }
    }
}

/// A row for the service and for each component, coloured by its states.
pub(super) fn strips(states: &States) -> Markup {
    let points = states.tracks.iter().map(Track::points).max().unwrap_or(0);
    html! {
        dl.strips {
            @for track in states.tracks.iter().filter(|track| track.points() > 0) {
                div { dt { (track.name) } dd { (strip(track)) " " (shares(track)) } }
            }
        }
        @if points == 0 { p.sub { (NOTHING) } }
        @else { p.ends { span { (duration(time(points))) " ago" } span { "now" } } }
    }
}

fn strip(track: &Track) -> Markup {
    html! {
        svg viewBox={ "0 0 " (track.points()) " 1" } preserveAspectRatio="none" aria-hidden="true" {
            @for run in track.runs() {
                rect.(run.state.as_str()) x=(run.start) width=(run.points) height="1" {}
            }
        }
    }
}

/// What the strip says: `98.3 % healthy, 1.7 % unhealthy`.
fn shares(track: &Track) -> Markup {
    html! {
        span {
            @for (i, (state, share)) in track.shares().into_iter().enumerate() {
                @if i > 0 { ", " }
                (percent(share)) " " (state.as_str())
            }
        }
    }
}

/// A share that is not all of it is never called 100 %, and one that is not nothing never 0 %.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let shown = if share < 1.0 { percent.clamp(0.1, 99.9) } else { percent };
    number((shown * 10.0).round() / 10.0, "%")
}

fn time(points: usize) -> Duration {
    Duration::from_secs((points * POINT_SECONDS) as u64)
}
