//! What cAdvisor would have said, and a server under the limits of a container that asks a peer over TLS: there is none of
//! them here, so their series are written into blocks and asked of a Prometheus of their own.

use std::fmt::Write as _;
use std::process::Command;

use campotech_testkit::{Daemon, DaemonBuilder};
use tempfile::TempDir;

use super::prometheus::Client;
use super::run::LiveError;

/// Seconds between two points.
const STEP: usize = 15;

/// How much there is.
const SPAN: u64 = 3_600;

/// The labels of the server's own series.
const SERVER: &str = r#"job="campotech",instance="server:9090""#;

/// The labels of what the server's health checks read.
const PEER: &str = r#"job="campotech",instance="server:9090",component="billing""#;

/// The labels of cAdvisor's series.
const CADVISOR: &str =
    r#"job="cadvisor",instance="cadvisor:8080",name="campotech-server",image="campotech-server:1.4.2""#;

/// A counter that grows by this much a second, or a gauge of this value.
const SERIES: &[(&str, &str, f64)] = &[
    ("cgroup_cpu_limit_cores", "gauge", 2.0),
    ("cgroup_cpu_periods", "counter", 10.0),
    ("cgroup_cpu_throttled_periods", "counter", 0.5),
    ("cgroup_memory_limit_bytes", "gauge", 512e6),
    ("cgroup_memory_working_set_bytes", "gauge", 150e6),
    ("cgroup_pids", "gauge", 12.0),
    ("cgroup_pids_limit", "gauge", 4_096.0),
    ("health_certificate_expiry_timestamp_seconds", "gauge", 4e9),
    ("container_cpu_usage_seconds", "counter", 0.35),
    ("container_cpu_cfs_periods", "counter", 10.0),
    ("container_cpu_cfs_throttled_periods", "counter", 0.5),
    ("container_cpu_cfs_throttled_seconds", "counter", 0.01),
    ("container_memory_usage_bytes", "gauge", 180e6),
    ("container_memory_working_set_bytes", "gauge", 150e6),
    ("container_memory_rss", "gauge", 120e6),
    ("container_spec_memory_limit_bytes", "gauge", 512e6),
    ("container_spec_cpu_quota", "gauge", 200_000.0),
    ("container_spec_cpu_period", "gauge", 100_000.0),
    ("container_processes", "gauge", 1.0),
    ("container_threads", "gauge", 12.0),
    ("container_threads_max", "gauge", 4_096.0),
    ("container_file_descriptors", "gauge", 64.0),
    ("container_oom_events", "counter", 0.0),
    ("container_network_receive_bytes", "counter", 12e3),
    ("container_network_transmit_bytes", "counter", 34e3),
    ("container_fs_reads_bytes", "counter", 1e3),
    ("container_fs_writes_bytes", "counter", 5e3),
    ("container_last_seen", "gauge", 1.0),
    ("container_start_time_seconds", "gauge", 1.0),
];

/// A Prometheus over blocks.
#[derive(Debug)]
pub(super) struct Backfill {
    pub(super) client: Client,
    /// The first and the last second of what is there.
    pub(super) span: (f64, f64),
    _daemon: Daemon,
    // After the server that reads it.
    _dir: TempDir,
}

impl Backfill {
    /// Writes the blocks and starts a Prometheus that scrapes nothing. `now` is in seconds since 1970.
    pub(super) async fn start(now: u64) -> Result<Self, LiveError> {
        // Old enough that Prometheus takes the blocks as they are.
        let end = now - 3 * SPAN;
        let begin = end - SPAN;
        let dir = tempfile::tempdir().map_err(|why| LiveError::of("a directory")(why))?;
        let file = dir.path().join("cadvisor.om");
        std::fs::write(&file, open_metrics(begin, end)).map_err(|why| LiveError::of("cadvisor.om")(why))?;
        let blocks = dir.path().join("data");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&file, &blocks])
            .output()
            .map_err(|why| LiveError::of("promtool")(why))?;
        if !made.status.success() {
            return Err(LiveError::new(format!("promtool: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let daemon = DaemonBuilder::installed("prometheus", "prometheus")
            .file("prometheus.yml", "scrape_configs: []\n")
            .arg("--config.file={dir}/prometheus.yml")
            .arg(format!("--storage.tsdb.path={}", blocks.display()))
            .arg("--web.listen-address={addr}")
            .ready_at(0, "/-/ready")
            .start()
            .await;
        let span = (begin as f64, end as f64);
        Ok(Self { client: Client::new(daemon.addr()), span, _daemon: daemon, _dir: dir })
    }
}

fn open_metrics(begin: u64, end: u64) -> String {
    let mut text = String::new();
    for (name, kind, value) in SERIES {
        let _ = writeln!(text, "# TYPE {name} {kind}");
        let labels = match name.split('_').next() {
            Some("cgroup") => SERVER,
            Some("health") => PEER,
            _ => CADVISOR,
        };
        let suffix = if *kind == "counter" { "_total" } else { "" };
        for time in (begin..=end).step_by(STEP) {
            let value = if *kind == "counter" { value * (time - begin) as f64 } else { *value };
            let _ = writeln!(text, "{name}{suffix}{{{labels}}} {value} {time}");
        }
    }
    text + "# EOF\n"
}
