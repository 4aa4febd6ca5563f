//! `promtool test rules` on a copy of the rules, in which one alert is changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::mutant::unchanged;
use super::{Mutant, MutationError, Report, Survivor};
use crate::rules::{Group, Rule, RuleFile};

/// Tries every mutant with the tests of its alert, `workers` at a time.
///
/// `prometheus` is the folder with `recording.yml` and `tests/AlertName.yml`. Each alert is tried without a change first: it has
/// to pass.
///
/// # Errors
/// [`MutationError`]; a survivor is none, but a line of the report.
pub fn run(
    prometheus: &Path,
    rules: &RuleFile,
    mutants: &[Mutant],
    workers: usize,
) -> Result<Report, MutationError> {
    let started = Instant::now();
    let named: BTreeMap<&str, ()> = mutants.iter().map(|m| (m.alert.alert.as_str(), ())).collect();
    let sound = rules.alerts().filter(|alert| named.contains_key(alert.alert.as_str()));
    let sound = sound.map(unchanged).collect::<Result<Vec<_>, _>>()?;
    for (mutant, ended) in sound.iter().zip(all(prometheus, &sound, workers)?) {
        if let Ended::Failed(output) = ended {
            return Err(MutationError::Baseline { alert: mutant.alert.alert.clone(), output });
        }
    }
    let mut survivors = Vec::new();
    for (mutant, ended) in mutants.iter().zip(all(prometheus, mutants, workers)?) {
        let alert = mutant.alert.alert.clone();
        let change = mutant.change.clone();
        match ended {
            Ended::Passed => survivors.push(Survivor { alert, change }),
            Ended::Failed(output) if is_of_a_test(&output) => {}
            Ended::Failed(output) => return Err(MutationError::Broken { alert, change, output }),
        }
    }
    Ok(Report { alerts: sound.len(), mutants: mutants.len(), survivors, took: started.elapsed() })
}

enum Ended {
    Passed,
    Failed(String),
}

/// A rule that doesn't load fails as well, but no case is named then.
fn is_of_a_test(output: &str) -> bool {
    output.contains("alertname:") || output.contains("expr:")
}

fn all(prometheus: &Path, mutants: &[Mutant], workers: usize) -> Result<Vec<Ended>, MutationError> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            scope.spawn(|| {
                while let Some((at, mutant)) = nth(mutants, &next) {
                    let ended = one(prometheus, mutant);
                    if ended.is_err() {
                        next.store(mutants.len(), Ordering::Relaxed);
                    }
                    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, ended));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, ended)| ended).collect()
}

fn nth<'a>(mutants: &'a [Mutant], next: &AtomicUsize) -> Option<(usize, &'a Mutant)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    mutants.get(at).map(|mutant| (at, mutant))
}

fn one(prometheus: &Path, mutant: &Mutant) -> Result<Ended, MutationError> {
    let copy =
        tempfile::tempdir().map_err(|source| MutationError::Io { path: std::env::temp_dir(), source })?;
    let tests = format!("tests/{}.yml", mutant.alert.alert);
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| MutationError::Io { path, source }
    };
    let folder = copy.path().join("tests");
    std::fs::create_dir(&folder).map_err(io(&folder))?;
    for name in ["recording.yml", &tests] {
        let from = prometheus.join(name);
        std::fs::copy(&from, copy.path().join(name)).map_err(io(&from))?;
    }
    // The name of a recording has a colon. Where none is read, computing them all is most of the time.
    if !mutant.alert.expr.contains(':') {
        let recording = copy.path().join("recording.yml");
        std::fs::write(&recording, "groups: []").map_err(io(&recording))?;
    }
    let alerts = copy.path().join("alerts.yml");
    let alone =
        Group { name: "mutant".into(), interval: None, rules: vec![Rule::Alert(mutant.alert.clone())] };
    // JSON is YAML.
    let text = serde_json::to_vec(&RuleFile { groups: vec![alone] })
        .map_err(|why| MutationError::Io { path: alerts.clone(), source: why.into() })?;
    std::fs::write(&alerts, text).map_err(io(&alerts))?;
    let done = Command::new("promtool")
        .args(["test", "rules", &tests])
        .current_dir(copy.path())
        .output()
        .map_err(MutationError::Promtool)?;
    if done.status.success() {
        return Ok(Ended::Passed);
    }
    let said = [done.stdout, done.stderr].concat();
    Ok(Ended::Failed(String::from_utf8_lossy(&said).into_owned()))
}
