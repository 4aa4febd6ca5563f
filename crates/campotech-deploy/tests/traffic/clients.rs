//! k6 in the clients' place, for as long as a test wants.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::tool;

/// k6's code for a run that somebody else ended.
const ENDED_FROM_OUTSIDE: i32 = 105;

/// What they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Log in, make jobs and change them, read lists, and watch screens.
    Everything,
    Reads,
}

/// Clients at work.
pub(crate) struct Clients {
    child: Child,
    home: TempDir,
}

/// What they saw.
#[derive(Debug)]
pub(crate) struct Figures {
    summary: Value,
    said: String,
}

impl Clients {
    /// Against `url`; each of these versions has to be seen.
    pub(crate) fn start(url: &str, work: Work, versions: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../infrastructure/load-tests/scenarios/delivery.js");
        let log = File::create(home.path().join("log")).unwrap();
        let mut command = Command::new(tool("k6", "k6"));
        command.args(["run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0"]);
        for (name, value) in [
            ("BASE", url),
            ("OUT", &home.path().display().to_string()),
            ("VERSIONS", &versions.join(",")),
            ("READS_ONLY", if work == Work::Reads { "true" } else { "false" }),
        ] {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command.arg(script).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.kill_on_drop(true).spawn().unwrap();
        Self { child, home }
    }

    /// Sends them home.
    pub(crate) async fn end(mut self) -> Figures {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("k6 has given up with {status}: {}", self.said());
        }
        let id = Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        kill_process(id, Signal::INT).unwrap();
        let status = timeout(Duration::from_secs(30), self.child.wait()).await.unwrap().unwrap();
        let said = self.said();
        assert_eq!(status.code(), Some(ENDED_FROM_OUTSIDE), "k6: {said}");
        let summary = std::fs::read(self.home.path().join("summary.json")).unwrap();
        Figures { summary: serde_json::from_slice(&summary).unwrap(), said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap()
    }
}

impl Figures {
    fn value(&self, metric: &str, figure: &str) -> f64 {
        self.summary["metrics"][metric]["values"][figure].as_f64().unwrap_or(0.0)
    }

    pub(crate) fn requests(&self) -> f64 {
        self.value("http_reqs", "count")
    }

    /// Of a rate, k6 counts as passes what was true: here, that it failed.
    pub(crate) fn failed(&self) -> f64 {
        self.value("http_req_failed", "passes")
    }

    /// How often a version said its name.
    pub(crate) fn answers_of(&self, version: &str) -> f64 {
        self.value(&format!("versions{{version:{version}}}"), "count")
    }

    /// Every threshold of the scenario: nothing failed, no check, no arrival was dropped, and all versions were seen.
    #[track_caller]
    pub(crate) fn assert_nobody_noticed(&self, complaints: &str) {
        let mut crossed = Vec::new();
        let mut held = 0;
        for (metric, known) in self.summary["metrics"].as_object().unwrap() {
            for (threshold, result) in known["thresholds"].as_object().into_iter().flatten() {
                if result["ok"] == true { held += 1 } else { crossed.push(format!("{metric} {threshold}")) }
            }
        }
        let checks: BTreeMap<_, _> = self.checks().into_iter().filter(|(_, fails)| *fails > 0).collect();
        let whole = || format!("{crossed:?} {checks:?}\n{}\nHAProxy:\n{complaints}", self.said);
        assert!(crossed.is_empty() && self.failed() == 0.0 && checks.is_empty(), "{}", whole());
        assert!(
            held >= 4 && self.requests() > 200.0 && self.value("checks", "passes") > 200.0,
            "{}",
            whole()
        );
        assert!(self.value("dropped_iterations", "count") == 0.0, "{}", whole());
    }

    /// How often each failed.
    fn checks(&self) -> BTreeMap<String, u64> {
        let all = self.summary["root_group"]["checks"].as_array().cloned().unwrap_or_default();
        all.iter().map(|check| (check["name"].to_string(), check["fails"].as_u64().unwrap())).collect()
    }

    /// For people.
    pub(crate) fn line(&self) -> String {
        let time = |figure| self.value("http_req_duration", figure);
        format!(
            "{} requests, {} failed, {} screens told goodbye; median {:.0} ms, 95 % within {:.0} ms",
            self.requests(),
            self.failed(),
            self.goodbyes(),
            time("med"),
            time("p(95)"),
        )
    }

    /// Screens whose server went away and said so.
    pub(crate) fn goodbyes(&self) -> u64 {
        let all = self.summary["root_group"]["checks"].as_array().cloned().unwrap_or_default();
        let goodbye = all.iter().find(|check| check["name"].as_str().unwrap().contains("goes away"));
        goodbye.map_or(0, |check| check["passes"].as_u64().unwrap())
    }
}
