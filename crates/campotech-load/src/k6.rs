//! k6: its command line, its exit codes, its summary.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::plan::{Fraction, Mode, Scenario, Shape};
use crate::run::LoadError;
use crate::scripts;

/// The program.
#[derive(Debug, Clone)]
pub struct K6 {
    program: PathBuf,
}

/// What a run is told.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    pub(crate) base: String,
    pub(crate) mode: Mode,
    pub(crate) scale: Fraction,
    pub(crate) size: Fraction,
    pub(crate) secret: String,
    pub(crate) out: PathBuf,
    /// Where series are written to, if anywhere.
    pub(crate) prometheus: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Green,
    /// A threshold was crossed.
    Crossed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inspected {
    total_duration: String,
    #[serde(rename = "maxVUs")]
    users: u64,
}

/// k6's own code for a threshold that was crossed, also where that ended the run.
const CROSSED: i32 = 99;

impl K6 {
    /// The program of this path.
    #[must_use]
    pub const fn at(program: PathBuf) -> Self {
        Self { program }
    }

    /// What k6 makes of the script: a run of which length, with how many users at most.
    ///
    /// # Errors
    /// If k6 can't be started, or doesn't understand the script.
    pub async fn inspect(&self, scenario: Scenario, mode: Mode) -> Result<Shape, LoadError> {
        let said = Command::new(&self.program)
            .args(["inspect", "--execution-requirements", "--env", &format!("MODE={}", mode.name())])
            .arg(script(scenario))
            .output()
            .await
            .map_err(LoadError::of(self.program.display()))?;
        if !said.status.success() {
            return Err(LoadError::of(scenario.name())(String::from_utf8_lossy(&said.stderr)));
        }
        let inspected: Inspected =
            serde_json::from_slice(&said.stdout).map_err(LoadError::of(scenario.name()))?;
        let duration = length(&inspected.total_duration)
            .ok_or_else(|| LoadError::of(scenario.name())(inspected.total_duration))?;
        Ok(Shape { duration, users: inspected.users })
    }

    pub(crate) async fn run(&self, scenario: Scenario, told: &Variables) -> Result<Ended, LoadError> {
        let mut command = Command::new(&self.program);
        command.args(["run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0"]);
        for (name, value) in [
            ("BASE", told.base.clone()),
            ("MODE", told.mode.name().to_owned()),
            ("SCALE", told.scale.to_string()),
            ("SIZE", told.size.to_string()),
            ("OUT", told.out.display().to_string()),
        ] {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        // Not an argument, which others on the machine could read.
        command.env("WHATSAPP_APP_SECRET", &told.secret);
        command.envs([
            ("K6_WEB_DASHBOARD", "true"),
            ("K6_WEB_DASHBOARD_PORT", "-1"),
            // Without one, a short run has no report.
            ("K6_WEB_DASHBOARD_PERIOD", "1s"),
        ]);
        command.env("K6_WEB_DASHBOARD_EXPORT", told.out.join("report.html"));
        if let Some(url) = &told.prometheus {
            command.args(["--out", "experimental-prometheus-rw"]);
            command.env("K6_PROMETHEUS_RW_SERVER_URL", url);
            command.env("K6_PROMETHEUS_RW_TREND_STATS", "p(50),p(95),p(99)");
        }
        let mut running = command
            .arg(script(scenario))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(LoadError::of(self.program.display()))?;
        let status = running.wait().await.map_err(LoadError::of(self.program.display()))?;
        match status.code() {
            Some(0) => Ok(Ended::Green),
            Some(CROSSED) => Ok(Ended::Crossed),
            _ => Err(LoadError::of(scenario.name())(format!("k6 ended with {status}"))),
        }
    }
}

fn script(scenario: Scenario) -> PathBuf {
    scripts().join("scenarios").join(format!("{}.js", scenario.name()))
}

/// `2h0m0s` as k6 writes it.
fn length(text: &str) -> Option<std::time::Duration> {
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
        seconds += number
            * match &rest[digits..unit] {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    std::time::Duration::try_from_secs_f64(seconds).ok()
}

/// The figures of a run, as its summary has them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures(Value);

impl Figures {
    pub(crate) fn read(out: &Path) -> Result<Self, LoadError> {
        let path = out.join("summary.json");
        let text = std::fs::read(&path).map_err(LoadError::of(path.display()))?;
        serde_json::from_slice(&text).map(Self).map_err(LoadError::of(path.display()))
    }

    /// Of a metric, such as `http_req_duration` and `p(95)`; 0 where the run had none of it.
    pub(crate) fn value(&self, metric: &str, figure: &str) -> f64 {
        self.0["metrics"][metric]["values"][figure].as_f64().unwrap_or(0.0)
    }

    /// Each threshold that was crossed, with its metric.
    pub(crate) fn crossed(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (metric, held) in self.0["metrics"].as_object().into_iter().flatten() {
            for (threshold, result) in held["thresholds"].as_object().into_iter().flatten() {
                if result["ok"] == false {
                    all.push(format!("{metric} {threshold}"));
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lengths_are_read_as_k6_writes_them() {
        for (text, seconds) in
            [("19m0s", 1_140.0), ("2h0m0s", 7_200.0), ("57s", 57.0), ("1m0.5s", 60.5), ("500ms", 0.5)]
        {
            assert_eq!(length(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for wrong in ["19", "m", "1d", "1.2.3s"] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_summary_says_what_was_crossed() {
        let figures = Figures(serde_json::json!({"metrics": {
            "http_req_duration": {"values": {"p(95)": 612.5}, "thresholds": {"p(50)<100": {"ok": true}, "p(95)<500": {"ok": false}}},
            "checks": {"values": {"rate": 1}},
        }}));
        assert_eq!(figures.crossed(), ["http_req_duration p(95)<500"]);
        assert!((figures.value("http_req_duration", "p(95)") - 612.5).abs() < 1e-9);
        assert!(figures.value("dropped_iterations", "count").abs() < 1e-9);
    }
}
