//! Every expression, asked: none may be empty, none may name a metric that nobody has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::backfill::Backfill;
use super::prometheus::Client;
use super::run::LiveError;
use super::site::{SCRAPE, Site};
use crate::dashboards::{self, Dashboard, Variables, metrics_named};
use crate::promql::{operands, without_zero};
use crate::rules::RuleFile;
use crate::{Report, files, runbooks};

/// From when to when there is data, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) begin: f64,
    pub(super) end: f64,
}

/// How an expression is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Over the whole run, as a graph is drawn.
    Range,
    /// At the end of it.
    Instant,
    /// Of the blocks that stand for what is not here.
    Blocks,
}

/// An expression and where it stands.
#[derive(Debug)]
struct Question {
    place: String,
    expr: String,
    how: How,
    may_be_empty: bool,
}

/// Everything that was asked.
#[derive(Debug)]
pub struct Evaluated {
    shown: BTreeSet<String>,
}

impl Evaluated {
    /// Asks every expression of dashboards, rules and runbooks.
    pub(super) async fn all(
        site: &Site,
        backfill: &Backfill,
        window: Window,
        report: &mut Report,
    ) -> Result<Self, LiveError> {
        let asker = Asker { live: site.client(), blocks: backfill, window };
        let boards = dashboards::load(&files::monitoring()).map_err(LiveError::of("dashboards"))?;
        let panels: BTreeSet<_> =
            boards.iter().flat_map(Dashboard::targets).map(|t| (t.dashboard, t.panel)).collect();
        let shown = asker.dashboards(&boards, panels.len(), report).await?;
        asker.rules(report).await?;
        asker.runbooks(report).await?;
        let evaluated = Self { shown };
        report.check("every metric of the server is on a dashboard", evaluated.all_shown(&asker.live).await?);
        Ok(evaluated)
    }

    /// What the server emits and no panel shows.
    async fn all_shown(&self, client: &Client) -> Result<Result<String, Vec<String>>, LiveError> {
        let series = client.instant("group by (__name__) ({job=\"campotech\"})", None).await;
        let series = series.map_err(LiveError::of("the server's metrics"))?;
        let names: BTreeSet<_> = series.iter().filter_map(|one| one["metric"]["__name__"].as_str()).collect();
        // What Prometheus adds: its own series, and those that its rules compute.
        let added = |name: &str| {
            matches!(name, "up" | "ALERTS" | "ALERTS_FOR_STATE")
                || name.starts_with("scrape_")
                || name.contains(':')
        };
        let own = names.into_iter().filter(|name| !added(name));
        let families: BTreeSet<_> = own.map(family).collect();
        let shown: BTreeSet<_> = self.shown.iter().map(|name| family(name)).collect();
        let hidden: Vec<_> = families.difference(&shown).map(ToString::to_string).collect();
        Ok(if hidden.is_empty() { Ok(format!("{} families", families.len())) } else { Err(hidden) })
    }
}

struct Asker<'a> {
    live: Client,
    blocks: &'a Backfill,
    window: Window,
}

impl Asker<'_> {
    async fn dashboards(
        &self,
        boards: &[Dashboard],
        panels: usize,
        report: &mut Report,
    ) -> Result<BTreeSet<String>, LiveError> {
        // What Grafana takes for a range of minutes at scrapes this far apart.
        let interval = format!("{SCRAPE}s");
        let variables = Variables {
            rate_interval: format!("{}s", 4 * SCRAPE),
            interval,
            range: "5m".to_owned(),
            ..Variables::default()
        };
        let mut shown = BTreeSet::new();
        let mut questions = Vec::new();
        for target in boards.iter().flat_map(Dashboard::targets) {
            let expr = dashboards::expand(&target.expr, &variables);
            shown.extend(metrics_named(&expr).map_err(LiveError::of(&target.panel))?);
            questions.push(Question {
                place: format!("{}: {}", target.dashboard, target.panel),
                expr,
                how: match (target.backfilled, target.instant) {
                    (true, _) => How::Blocks,
                    (false, true) => How::Instant,
                    (false, false) => How::Range,
                },
                may_be_empty: target.may_be_empty.is_some(),
            });
        }
        let backfilled = questions.iter().filter(|question| question.how == How::Blocks).count();
        let empty_allowed = questions.iter().filter(|question| question.may_be_empty).count();
        let result = self.ask(&questions).await?.map(|()| {
            format!(
                "{panels} panels, {} expressions ({backfilled} of backfilled blocks, {empty_allowed} that may be empty), 0 empty",
                questions.len()
            )
        });
        report.check("dashboards", result);
        Ok(shown)
    }

    async fn rules(&self, report: &mut Report) -> Result<(), LiveError> {
        let folder = files::monitoring().join("prometheus");
        let read = |name: &str| RuleFile::read(&folder.join(name)).map_err(LiveError::of(name.to_owned()));
        let (alerts, records) = (read("alerts.yml")?, read("recording.yml")?);
        let ask = |place: &str, expr: &str| Question {
            place: place.to_owned(),
            expr: expr.to_owned(),
            how: How::Instant,
            may_be_empty: false,
        };
        let mut questions = Vec::new();
        for alert in alerts.alerts() {
            let parts = operands(&alert.expr).map_err(LiveError::of(&alert.alert))?;
            questions.extend(parts.iter().map(|part| ask(&alert.alert, part)));
        }
        for question in &mut questions {
            if is_backfilled(&question.expr) {
                question.how = How::Blocks;
            }
            question.expr = without_offset(&question.expr);
        }
        let parts = questions.len();
        for record in records.records() {
            questions.push(ask(&record.record, &record.record));
            questions.push(ask(&record.record, &record.expr));
        }
        let counted = (alerts.alerts().count(), records.records().count());
        let result = self
            .ask(&questions)
            .await?
            .map(|()| format!("{} alerts in {parts} parts, {} recordings, 0 empty", counted.0, counted.1));
        report.check("rules", result);
        Ok(())
    }

    async fn runbooks(&self, report: &mut Report) -> Result<(), LiveError> {
        let pages = runbooks::load(&files::runbooks()).map_err(LiveError::of("runbooks"))?;
        let questions: Vec<_> = pages
            .iter()
            .flat_map(|page| {
                page.blocks
                    .iter()
                    .filter(|block| block.language == "promql")
                    .map(|block| (page.name.clone(), block.text.trim().to_owned()))
            })
            .map(|(place, expr)| Question { place, expr, how: How::Instant, may_be_empty: false })
            .collect();
        let count = questions.len();
        let result = self.ask(&questions).await?;
        report.check(
            "runbooks",
            result.map(|()| format!("{} pages, {count} expressions, 0 empty", pages.len())),
        );
        Ok(())
    }

    /// What is empty or names a metric that nobody has, a line each.
    async fn ask(&self, questions: &[Question]) -> Result<Result<(), Vec<String>>, LiveError> {
        let live = self.live.metrics().await.map_err(LiveError::of("metric names"))?;
        let blocks =
            self.blocks.client.metrics().await.map_err(LiveError::of("metric names of the blocks"))?;
        let mut faults = Vec::new();
        for question in questions {
            let known = if question.how == How::Blocks { &blocks } else { &live };
            let named = metrics_named(&question.expr).map_err(LiveError::of(&question.place))?;
            // What may be empty may name what isn't there yet, such as the alerts that fired.
            let unknown: Vec<_> = named.difference(known).filter(|_| !question.may_be_empty).collect();
            if !unknown.is_empty() {
                faults.push(format!("{}: nobody has {unknown:?}", question.place));
                continue;
            }
            match self.series(question).await {
                Ok(series) if question.may_be_empty || series.iter().any(has_value) => {}
                Ok(_) => faults.push(format!("{}: empty: {}", question.place, question.expr)),
                Err(why) => faults.push(format!("{}: {why}: {}", question.place, question.expr)),
            }
        }
        Ok(if faults.is_empty() { Ok(()) } else { Err(faults) })
    }

    async fn series(&self, question: &Question) -> Result<Vec<Value>, super::QueryError> {
        let expr = without_zero(&question.expr);
        match question.how {
            How::Range => {
                let Window { begin, end } = self.window;
                self.live.range(&expr, begin, end, f64::from(SCRAPE)).await
            }
            How::Instant => self.live.instant(&expr, Some(self.window.end)).await,
            How::Blocks => {
                let (begin, end) = self.blocks.span;
                self.blocks.client.range(&expr, begin, end, 60.0).await
            }
        }
    }
}

/// Whether a series has a point that is a number.
fn has_value(series: &Value) -> bool {
    let points = series["values"].as_array().into_iter().flatten().chain(series.get("value"));
    points.filter_map(|point| point[1].as_str()).any(|text| text.parse().is_ok_and(|n: f64| n.is_finite()))
}

/// Whether it asks for what only cAdvisor has, a process under the limits of a container, or one that asks a peer over TLS.
fn is_backfilled(expr: &str) -> bool {
    ["container_", "cgroup_cpu_periods_total", "cgroup_memory_limit_bytes", "health_certificate_expiry"]
        .iter()
        .any(|name| expr.contains(name))
}

/// The same question of now: a run is shorter than any offset.
fn without_offset(expr: &str) -> String {
    let mut words: Vec<_> = expr.split(' ').collect();
    while let Some(at) = words.iter().position(|word| *word == "offset") {
        let end = words[at + 1].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(words[at + 1].len());
        words[at + 1] = &words[at + 1][end..];
        words.remove(at);
    }
    words.join(" ")
}

/// A histogram's name, whichever of its series is named.
fn family(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_series_of_no_numbers_is_empty() {
        assert!(has_value(&json!({"value": [1, "0"]})));
        assert!(has_value(&json!({"values": [[1, "NaN"], [2, "3.5"]]})));
        assert!(!has_value(&json!({"values": [[1, "NaN"], [2, "+Inf"]]})));
        assert!(!has_value(&json!({"value": [1, "NaN"]})));
    }

    #[test]
    fn a_question_of_the_past_is_asked_of_now() {
        let past = "rate(a[15m] offset 15m) + b offset 1h";
        assert_eq!(without_offset(past).replace(' ', ""), "rate(a[15m])+b");
        promql_parser::parser::parse(&without_offset(past)).unwrap();
        assert_eq!(without_offset("a + b"), "a + b");
    }

    #[test]
    fn a_histogram_is_one_family() {
        assert_eq!(family("http_request_duration_seconds_bucket"), "http_request_duration_seconds");
        assert_eq!(family("http_requests_total"), "http_requests_total");
    }
}
