//! Reads at each scrape, and writes what was found.

use std::path::PathBuf;

use campotech_core::cgroup::{self, Mounts};

use super::usage::Usage;
use crate::collect::{Asker, Source};
use crate::exposition::Exposition;
use crate::names::{self, Desc};

/// The process's own control group.
#[derive(Debug)]
pub(crate) struct Cgroup {
    source: Source,
    root: PathBuf,
    /// Mounts stay; the group may change, as a supervisor moves the process after its start.
    mounts: Mounts,
}

impl Cgroup {
    pub(crate) fn new() -> Self {
        Self::below("/".into())
    }

    pub(super) fn below(root: PathBuf) -> Self {
        let mountinfo = cgroup::text(&root.join("proc/self/mountinfo")).unwrap_or_default();
        Self { source: Source::new("cgroup"), root, mounts: Mounts::parse(&mountinfo) }
    }

    pub(super) fn read(&self) -> Usage {
        Usage::read(&self.root, &self.mounts)
    }

    /// Writes what there is: no limit is no series.
    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let mut usage = Usage::default();
        asker.read(&self.source, || {
            usage = self.read();
            // Where there is no group there is nothing to tell, and nothing is missing.
            true
        });
        let Usage { cpu, memory, pids, pids_limit } = usage;
        let mut whole = |desc: &'static Desc, value: Option<u64>| {
            if let Some(value) = value {
                out.family(desc).counter(&[], value);
            }
        };
        whole(&names::CGROUP_CPU_PERIODS, cpu.periods);
        whole(&names::CGROUP_CPU_THROTTLED_PERIODS, cpu.throttled_periods);
        whole(&names::CGROUP_MEMORY_USAGE, memory.usage);
        whole(&names::CGROUP_MEMORY_WORKING_SET, memory.working_set);
        whole(&names::CGROUP_MEMORY_LIMIT, memory.limit);
        whole(&names::CGROUP_OOM_KILLS, memory.oom_kills);
        whole(&names::CGROUP_PIDS, pids);
        whole(&names::CGROUP_PIDS_LIMIT, pids_limit);
        let mut parts = |desc: &'static Desc, value: Option<f64>| {
            if let Some(value) = value {
                out.family(desc).value(&[], value);
            }
        };
        parts(&names::CGROUP_CPU_USAGE, cpu.seconds);
        parts(&names::CGROUP_CPU_LIMIT, cpu.limit_cores);
        parts(&names::CGROUP_CPU_THROTTLED, cpu.throttled_seconds);
    }
}
