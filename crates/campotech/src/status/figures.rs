//! The last hour in words and strips, which need no script; a script draws the lines above the words.

use std::time::Duration;

use campotech_health::ComponentStatus;
use maud::{Markup, html};

use super::hour::{Chart, Hour, LINES, Line, POINT_SECONDS};
use super::states::{States, Track};
use super::text::{duration, number, range, said};

/// Line styles of the style sheet; further lines begin again.
const STYLES: usize = 4;
const TALLEST: u8 = 8;
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
        @if hour.full { p.sub { "No more than " (LINES) " lines are drawn: there are more." } }
    }
}

fn words(line: &Line, chart: &Chart) -> Markup {
    let Some(summary) = line.summary() else { return html! { "nothing yet" } };
    html! {
        b { @if let Some(now) = summary.now { (said(now.into(), chart.unit)) } @else { "none" } } " now, "
        (range(summary.lowest.into(), summary.highest.into(), chart.unit))
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
        @else {
            p.ends { span { (duration(time(points))) " ago" } span { "the taller, the worse" } span { "now" } }
        }
    }
}

fn strip(track: &Track) -> Markup {
    html! {
        svg viewBox={ "0 0 " (track.points()) " " (TALLEST) } preserveAspectRatio="none" aria-hidden="true" {
            @for run in track.runs() {
                @let height = height(run.state);
                rect.(run.state.as_str()) x=(run.start) y=(TALLEST - height) width=(run.points) height=(height) {}
            }
        }
    }
}

/// Told apart without colours, too.
const fn height(state: ComponentStatus) -> u8 {
    match state {
        ComponentStatus::Unknown => 1,
        ComponentStatus::Healthy => 3,
        ComponentStatus::Degraded => 6,
        ComponentStatus::Unhealthy => TALLEST,
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

#[cfg(test)]
mod tests {
    use super::super::hour::Reading;
    use super::*;

    #[test]
    fn lines_that_are_not_drawn_are_told_of() {
        let mut hour = Hour::default();
        let reading = |n: usize| {
            let line = format!("line {n}").into();
            Reading { chart: "a".into(), unit: "", line, value: Some(1.0) }
        };
        hour.push(5, (0..LINES).map(reading).collect());
        let told = "No more than 64 lines are drawn";
        assert!(!charts(&hour).into_string().contains(told));
        hour.push(10, vec![reading(LINES)]);
        assert!(charts(&hour).into_string().contains(told));
    }

    #[test]
    fn each_state_has_a_height_of_its_own() {
        use ComponentStatus::{Degraded, Healthy, Unhealthy, Unknown};
        let heights = [Unknown, Healthy, Degraded, Unhealthy].map(height);
        assert!(heights.is_sorted_by(|lower, higher| lower < higher), "{heights:?}");
    }
}
