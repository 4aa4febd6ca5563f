//! Outages: somebody is told in time and by the right way, never told too early that all is well, and told when it is.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::receiver::Delivery;
use super::run::LiveError;
use super::site::{HEARTBEAT_TOKEN, ROUTING_KEY, Site};
use crate::Report;

/// From an outage to the page, at scrapes every 5 s: a minute of `for`, and the way there.
const PAGED_WITHIN: Duration = Duration::from_secs(75);

/// To the message that can wait: it waits half a minute for others to go with it.
const TOLD_WITHIN: Duration = Duration::from_secs(105);

/// How much longer is waited for a figure to show.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long an alert is watched after its exporter is gone, too: past the minute after which Prometheus would have
/// started anew.
const WATCHED: Duration = Duration::from_secs(75);

/// From the return to the all-clear.
const CLEARED_WITHIN: Duration = Duration::from_secs(120);

/// How pages and messages come.
const PAGE: &str = "pagerduty";
const MESSAGE: &str = "slack";
const HEARTBEAT: &str = "webhook";

/// The dead man's switch is told each minute.
const BEATS_WITHIN: Duration = Duration::from_secs(75);

/// The outages of a run.
#[derive(Debug)]
pub(super) struct Drill<'a> {
    site: &'a Site,
    report: &'a mut Report,
}

impl<'a> Drill<'a> {
    pub(super) const fn new(site: &'a Site, report: &'a mut Report) -> Self {
        Self { site, report }
    }

    /// The dead man's switch is told that all of it works, with its token, and told again.
    pub(super) async fn heartbeat(&mut self, begun: Instant) {
        let beat = |one: &Delivery| one.way == HEARTBEAT && one.tells("Watchdog");
        let mut beats = Vec::new();
        let mut since = begun;
        while beats.len() < 2
            && let Some(one) = self.site.receiver.wait(since, BEATS_WITHIN, beat).await
        {
            since = one.at + Duration::from_millis(1);
            beats.push(one);
        }
        let token = format!("Bearer {HEARTBEAT_TOKEN}");
        let known = beats.iter().all(|one| one.authorization.as_deref() == Some(&token));
        let result = match &beats[..] {
            [first, second] if known => {
                let again = format!("again after {:.1} s", (second.at - first.at).as_secs_f64());
                if second.at - first.at <= BEATS_WITHIN { Ok(again) } else { Err(vec![again]) }
            }
            [_, _] => Err(vec!["without the token of the file".to_owned()]),
            _ => Err(vec![format!("{} of 2 came", beats.len())]),
        };
        self.report.check("Watchdog is told to the heartbeat", result);
    }

    /// Stops the database, then kills its exporter, and brings both back.
    pub(super) async fn database(&mut self) -> Result<(), LiveError> {
        let stopped = Instant::now();
        self.site.postgres.stop().await;
        self.told("DatabaseDown", PAGE, stopped).await;
        self.site.postgres_exporter.kill();
        self.goes_on("DatabaseDown").await?;
        let returned = Instant::now();
        self.site.postgres.restart().await;
        self.site.postgres_exporter.restart().await;
        self.cleared("DatabaseDown", PAGE, returned).await;
        Ok(())
    }

    /// Kills the server and Redis, and brings both back: the one is a page, the other is none.
    pub(super) async fn server_and_redis(&mut self) -> Result<(), LiveError> {
        let killed = Instant::now();
        self.site.redis.kill().await;
        self.site.server.kill();
        self.told("InstanceDown", PAGE, killed).await;
        self.told("RedisDown", MESSAGE, killed).await;
        let returned = Instant::now();
        self.site.redis.restart().await;
        self.site.server.restart().await;
        self.cleared("InstanceDown", PAGE, returned).await;
        let pages = self.heard(|one| one.way == PAGE && one.tells("RedisDown"));
        self.report.check("RedisDown pages nobody", none(&pages, "no page of it"));
        Ok(())
    }

    async fn told(&mut self, alert: &str, way: &str, since: Instant) {
        let within = if way == PAGE { PAGED_WITHIN } else { TOLD_WITHIN };
        let told = self
            .site
            .receiver
            .wait(since, within + PATIENCE, |one| one.way == way && one.tells(alert) && !one.is_resolved())
            .await;
        let key = told.as_ref().map(|one| one.way != PAGE || one.body["routing_key"] == ROUTING_KEY);
        let result = match told.map(|one| one.at - since) {
            Some(_) if key == Some(false) => Err(vec!["without the routing key of the file".to_owned()]),
            Some(after) if after <= within => Ok(format!("{:.1} s after", after.as_secs_f64())),
            Some(after) => Err(vec![format!("{:.1} s after", after.as_secs_f64())]),
            None => Err(self.heard(|_| true)),
        };
        self.report.check(&format!("{alert} is told by {way}"), result);
    }

    /// Looks every second: the alert fires without a gap, and nobody is told that it is over.
    async fn goes_on(&mut self, alert: &str) -> Result<(), LiveError> {
        let since = Instant::now();
        let firing = format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}");
        let client = self.site.client();
        let mut looks = 0;
        while since.elapsed() < WATCHED {
            let found = client.instant(&firing, None).await.map_err(LiveError::of(alert))?;
            if found.is_empty() {
                let fault = format!("it fell silent after {:.0} s", since.elapsed().as_secs_f64());
                self.report.check(&format!("{alert} goes on without the exporter"), Err(vec![fault]));
                return Ok(());
            }
            looks += 1;
            sleep(Duration::from_secs(1)).await;
        }
        // What the exporter said last is gone, and Prometheus knows that nobody answers: else nothing was shown.
        let gone = "up{job=\"postgres\"} == 0 unless on (job) pg_up";
        if client.instant(gone, None).await.map_err(LiveError::of(alert))?.is_empty() {
            let fault = "the exporter still answers, or its last word still counts".to_owned();
            self.report.check(&format!("{alert} goes on without the exporter"), Err(vec![fault]));
            return Ok(());
        }
        let clear = self.heard(|one| one.at > since && one.tells(alert) && one.is_resolved());
        let figure = format!("firing at {looks} looks in {} s, no all-clear", WATCHED.as_secs());
        self.report.check(&format!("{alert} goes on without the exporter"), none(&clear, &figure));
        Ok(())
    }

    async fn cleared(&mut self, alert: &str, way: &str, since: Instant) {
        let clear = self
            .site
            .receiver
            .wait(since, CLEARED_WITHIN, |one| one.way == way && one.tells(alert) && one.is_resolved())
            .await;
        let result = match clear.map(|one| one.at - since) {
            Some(after) => Ok(format!("{:.1} s after the return", after.as_secs_f64())),
            None => Err(vec![format!("no all-clear within {} s", CLEARED_WITHIN.as_secs())]),
        };
        self.report.check(&format!("{alert} is cleared by {way}"), result);
    }

    /// What came that `fits`, a line each.
    fn heard(&self, fits: impl Fn(&Delivery) -> bool) -> Vec<String> {
        let deliveries = self.site.receiver.deliveries();
        let lines = deliveries.iter().filter(|one| fits(one)).map(|one| format!("{}: {}", one.way, one.body));
        lines.collect()
    }
}

fn none(heard: &[String], figure: &str) -> Result<String, Vec<String>> {
    if heard.is_empty() { Ok(figure.to_owned()) } else { Err(heard.to_vec()) }
}
