//! What the files of a control group say, in base units.

use std::path::Path;

use campotech_core::cgroup::{self, Folders, Hierarchy, Membership, Mounts, keyed};

/// Version 1 writes "no limit" as the largest whole number of pages, whatever their size is.
const NO_LIMIT: u64 = 1 << 62;

/// One reading. What has no file, or no limit, is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Usage {
    pub(super) cpu: Cpu,
    pub(super) memory: Memory,
    pub(super) pids: Option<u64>,
    pub(super) pids_limit: Option<u64>,
}

/// Processor time, and what the quota took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) seconds: Option<f64>,
    pub(super) limit_cores: Option<f64>,
    pub(super) periods: Option<u64>,
    pub(super) throttled_periods: Option<u64>,
    pub(super) throttled_seconds: Option<f64>,
}

/// Memory in bytes, and processes that were killed for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) usage: Option<u64>,
    pub(super) working_set: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) oom_kills: Option<u64>,
}

impl Usage {
    /// Reads below `root`, which is `/` but in tests.
    pub(super) fn read(root: &Path, mounts: &Mounts) -> Self {
        let Some(cgroup) = cgroup::text(&root.join("proc/self/cgroup")) else { return Self::default() };
        let membership = Membership::parse(&cgroup);
        let find = |controller| Hierarchy::of(controller, root, mounts, &membership);
        let pids = match find("pids") {
            Some(Hierarchy::V1(folders) | Hierarchy::V2(folders)) => Some(folders),
            None => None,
        };
        Self {
            cpu: Cpu::read(find("cpu").as_ref(), find("cpuacct").as_ref()),
            memory: find("memory").map(|found| Memory::read(&found)).unwrap_or_default(),
            pids: pids.as_ref().and_then(|folders| folders.number("pids.current")),
            pids_limit: pids
                .and_then(|folders| folders.least(|folder| cgroup::number(&folder.join("pids.max")))),
        }
    }
}

impl Cpu {
    /// Version 1 may have two hierarchies: one limits, the other one counts.
    fn read(cpu: Option<&Hierarchy>, cpuacct: Option<&Hierarchy>) -> Self {
        let mut read = match cpu {
            Some(Hierarchy::V1(folders)) => Self::of(folders, quota_v1, "throttled_time", 1e9),
            Some(Hierarchy::V2(folders)) => Self::of(folders, quota_v2, "throttled_usec", 1e6),
            None => Self::default(),
        };
        read.seconds = match cpuacct {
            Some(Hierarchy::V1(folders)) => folders.number("cpuacct.usage").map(|nanos| nanos as f64 / 1e9),
            Some(Hierarchy::V2(folders)) => folders
                .text("cpu.stat")
                .and_then(|stat| keyed(&stat, "usage_usec"))
                .map(|micros| micros as f64 / 1e6),
            None => None,
        };
        read
    }

    fn of(folders: &Folders, quota: fn(&Path) -> Option<f64>, throttled: &str, per_second: f64) -> Self {
        let stat = folders.text("cpu.stat").unwrap_or_default();
        Self {
            seconds: None,
            limit_cores: folders.least(quota),
            periods: keyed(&stat, "nr_periods"),
            throttled_periods: keyed(&stat, "nr_throttled"),
            throttled_seconds: keyed(&stat, throttled).map(|time| time as f64 / per_second),
        }
    }
}

impl Memory {
    fn read(hierarchy: &Hierarchy) -> Self {
        match hierarchy {
            Hierarchy::V1(folders) => {
                let stat = folders.text("memory.stat").unwrap_or_default();
                let limit = |folder: &Path| cgroup::number(&folder.join("memory.limit_in_bytes"));
                // It knows of the groups above that a container does not see.
                let above = keyed(&stat, "hierarchical_memory_limit");
                Self {
                    limit: folders
                        .least(limit)
                        .into_iter()
                        .chain(above)
                        .min()
                        .filter(|least| *least < NO_LIMIT),
                    oom_kills: folders.text("memory.oom_control").and_then(|text| keyed(&text, "oom_kill")),
                    ..Self::used(folders.number("memory.usage_in_bytes"), keyed(&stat, "total_inactive_file"))
                }
            }
            Hierarchy::V2(folders) => {
                let stat = folders.text("memory.stat").unwrap_or_default();
                Self {
                    limit: folders.least(|folder| cgroup::number(&folder.join("memory.max"))),
                    oom_kills: folders.text("memory.events").and_then(|text| keyed(&text, "oom_kill")),
                    ..Self::used(folders.number("memory.current"), keyed(&stat, "inactive_file"))
                }
            }
        }
    }

    /// The kernel gives back file pages that nobody has asked for lately before it kills: cAdvisor's working set.
    fn used(usage: Option<u64>, inactive_file: Option<u64>) -> Self {
        let working_set = usage.zip(inactive_file).map(|(usage, inactive)| usage.saturating_sub(inactive));
        Self { usage, working_set, ..Self::default() }
    }
}

/// `max 100000` or `200000 100000`: microseconds of each period.
fn quota_v2(folder: &Path) -> Option<f64> {
    let text = cgroup::text(&folder.join("cpu.max"))?;
    let mut words = text.split_ascii_whitespace();
    cores(words.next()?.parse().ok()?, words.next()?.parse().ok()?)
}

/// The quota is -1 where there is none.
fn quota_v1(folder: &Path) -> Option<f64> {
    cores(
        cgroup::number(&folder.join("cpu.cfs_quota_us"))?,
        cgroup::number(&folder.join("cpu.cfs_period_us"))?,
    )
}

fn cores(quota: u64, period: u64) -> Option<f64> {
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
