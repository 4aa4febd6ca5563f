//! A run, from its start to its figures.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::growth::{Growth, growth};
use crate::k6::{Ended, Figures, K6, Variables};
use crate::plan::{Fraction, Mode, Scenario};
use crate::samples::{Sample, Samples};
use crate::site::{SECRET, Site};

/// What a run is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whom it is let loose on.
    pub target: Target,
    /// k6.
    pub k6: K6,
    /// Of the scenario's durations.
    pub scale: Fraction,
    /// Of the scenario's users.
    pub size: Fraction,
    /// What is wrong on purpose.
    pub fault: Option<Fault>,
    /// Where k6 writes its series to.
    pub prometheus: Option<String>,
    /// A folder for summaries and reports.
    pub out: PathBuf,
}

/// Whom a run is let loose on.
#[derive(Debug, Clone)]
pub enum Target {
    /// A server that is started from this program, with PostgreSQL and Redis, and looked at meanwhile.
    Started(PathBuf),
    /// A server that runs already, such as staging: its address, and the secret of its webhook.
    Running(Running),
}

/// A server that runs already.
#[derive(Clone)]
pub struct Running {
    base: String,
    secret: String,
}

impl Running {
    /// The server at `base`, such as `https://staging.example.com`, whose webhook is signed with `secret`.
    ///
    /// # Errors
    /// If `base` is no URL of a server, or `secret` is empty.
    pub fn at(base: &str, secret: String) -> Result<Self, LoadError> {
        let base = base.trim_end_matches('/');
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#'])) {
            return Err(LoadError::of("--base")("it is not an address such as https://staging.example.com"));
        }
        if secret.is_empty() {
            return Err(LoadError::of("WHATSAPP_APP_SECRET")("it is not set: callbacks are signed with it"));
        }
        Ok(Self { base: base.to_owned(), secret })
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("base", &self.base).finish_non_exhaustive()
    }
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was run.
    pub scenario: Scenario,
    /// Closed or open.
    pub mode: Mode,
    /// How long, start and log-ins included.
    pub took: Duration,
    /// Thresholds that were crossed; none in a good run.
    pub crossed: Vec<String>,
    /// What grew of memory, descriptors, tasks and series; none where the run was too short to say.
    pub growths: Vec<(&'static str, Growth)>,
    /// CPU seconds of the server; none where it was not looked at.
    pub cpu: Option<f64>,
    /// The most resident memory in bytes; none where it was not looked at.
    pub memory: Option<f64>,
    pub(crate) figures: Figures,
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct LoadError {
    what: String,
    why: String,
}

impl LoadError {
    pub(crate) fn of<E: Display>(what: impl Display) -> impl FnOnce(E) -> Self {
        move |why| Self { what: what.to_string(), why: why.to_string().trim().to_owned() }
    }
}

impl Outcome {
    /// Whether all thresholds were kept and nothing grew.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.crossed.is_empty() && self.growths.iter().all(|(_, growth)| !growth.grows)
    }
}

/// Lets k6 loose on a server; one that it starts is looked at meanwhile.
///
/// # Errors
/// [`LoadError`] where something could not be started or read; what a good run may not have is in its outcome.
///
/// # Panics
/// With the log of a server that doesn't start.
pub async fn run(scenario: Scenario, mode: Mode, options: &Options) -> Result<Outcome, LoadError> {
    match &options.target {
        Target::Started(program) => started(scenario, mode, options, program).await,
        Target::Running(server) => {
            let (base, secret) = (server.base.clone(), server.secret.clone());
            measured(scenario, mode, options, (base, secret), None).await
        }
    }
}

async fn started(
    scenario: Scenario,
    mode: Mode,
    options: &Options,
    program: &Path,
) -> Result<Outcome, LoadError> {
    let site = Site::start(program).await;
    let proxy = match options.fault {
        Some(fault) => Some(fault.before(site.server.addr()).await),
        None => None,
    };
    let addr = proxy.as_ref().map_or_else(|| site.server.addr(), campotech_testkit::HyperServer::addr);
    let whole = options.scale.of(scenario.shape().duration);
    // Some hundreds in a short run, and not more than one a second in a long one.
    let pause = (whole / 400).clamp(Duration::from_millis(200), Duration::from_secs(10));
    let samples = Samples::start(site.admin(), pause);
    let of = (format!("http://{addr}"), SECRET.to_owned());
    measured(scenario, mode, options, of, Some(samples)).await
}

async fn measured(
    scenario: Scenario,
    mode: Mode,
    options: &Options,
    (base, secret): (String, String),
    samples: Option<Samples>,
) -> Result<Outcome, LoadError> {
    let out = folder(&options.out, scenario, mode)?;
    let began = Instant::now();
    let told = Variables {
        base,
        mode,
        scale: options.scale,
        size: options.size,
        secret,
        out: out.clone(),
        prometheus: options.prometheus.clone(),
    };
    let ended = options.k6.run(scenario, &told).await?;
    let took = began.elapsed();
    let samples = samples.map(Samples::stop).unwrap_or_default();
    let figures = Figures::read(&out)?;
    let mut crossed = figures.crossed();
    if ended == Ended::Crossed && crossed.is_empty() {
        crossed.push("k6 says that a threshold was crossed".to_owned());
    }
    Ok(Outcome {
        scenario,
        mode,
        took,
        crossed,
        growths: growths(scenario, &samples),
        cpu: samples.last().zip(samples.first()).map(|(last, first)| last.cpu - first.cpu),
        memory: samples.iter().map(|sample| sample.memory).reduce(f64::max),
        figures,
    })
}

fn folder(out: &Path, scenario: Scenario, mode: Mode) -> Result<PathBuf, LoadError> {
    let folder = out.join(format!("{}-{}", scenario.name(), mode.name()));
    std::fs::create_dir_all(&folder).map_err(LoadError::of(folder.display()))?;
    folder.canonicalize().map_err(LoadError::of(folder.display()))
}

/// Only of the scenario whose load stays the same, in the part where it does: pools and caches fill up at first.
fn growths(scenario: Scenario, samples: &[Sample]) -> Vec<(&'static str, Growth)> {
    if scenario != Scenario::SoakTest {
        return Vec::new();
    }
    let end = samples.last().map_or(0.0, |last| last.at);
    let steady: Vec<&Sample> =
        samples.iter().filter(|sample| (end * 0.3..end * 0.95).contains(&sample.at)).collect();
    let of = |value: fn(&Sample) -> f64| {
        growth(&steady.iter().map(|sample| (sample.at, value(sample))).collect::<Vec<_>>())
    };
    let all = [
        ("MiB of memory", of(|sample| sample.memory / f64::from(1 << 20))),
        ("descriptors", of(|sample| sample.descriptors)),
        ("tasks", of(|sample| sample.tasks)),
        ("series", of(|sample| sample.series)),
    ];
    all.into_iter().filter_map(|(name, growth)| Some((name, growth?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_server_is_an_address_and_a_secret() {
        let of = |base: &str, secret: &str| Running::at(base, secret.to_owned());
        assert_eq!(of("https://staging.example.com/", "s").unwrap().base, "https://staging.example.com");
        for wrong in ["", "staging.example.com", "https://", "http://a/b", "http://a?b"] {
            assert!(of(wrong, "s").unwrap_err().to_string().starts_with("--base: "), "{wrong}");
        }
        assert!(of("http://127.0.0.1:1", "").unwrap_err().to_string().starts_with("WHATSAPP_APP_SECRET: "));
    }
}
