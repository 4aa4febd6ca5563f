//! `process_*`, from `/proc`; on other systems there are none.

use super::{Asker, Source};
use crate::exposition::Exposition;

/// What doesn't change while the process runs.
#[derive(Debug)]
pub(crate) struct Process {
    source: Source,
    #[cfg(target_os = "linux")]
    boot: Option<u64>,
}

/// Fields of `/proc/self/stat` (`proc_pid_stat(5)`).
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    threads: u64,
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Process {
    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        asker.read(&self.source, || self.tell(out));
    }
}

#[cfg(not(target_os = "linux"))]
impl Process {
    pub(crate) fn new() -> Self {
        Self { source: Source::new("process") }
    }

    #[expect(clippy::unused_self, reason = "as where there is something to tell")]
    fn tell(&self, _: &mut Exposition) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
impl Process {
    pub(crate) fn new() -> Self {
        let source = Source::new("process");
        Self { source, boot: std::fs::read_to_string("/proc/stat").ok().as_deref().and_then(boot_time) }
    }

    /// Writes what can be read; a hidden `/proc` leaves the rest.
    fn tell(&self, out: &mut Exposition) -> bool {
        use crate::names;
        use rustix::process::{Resource, getrlimit};
        use rustix::time::{ClockId, clock_gettime};

        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
        out.family(&names::PROCESS_CPU).value(&[], seconds);
        let most = getrlimit(Resource::Nofile).current;
        out.family(&names::PROCESS_MAX_FDS).value(&[], most.map_or(f64::INFINITY, |most| most as f64));
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the directory that is being read.
            out.family(&names::PROCESS_OPEN_FDS).value(&[], open.count().saturating_sub(1) as f64);
        }
        let stat = std::fs::read_to_string("/proc/self/stat");
        let Some(stat) = stat.ok().as_deref().and_then(Stat::parse) else { return false };
        let resident = stat.resident_pages * rustix::param::page_size() as u64;
        out.family(&names::PROCESS_RESIDENT).value(&[], resident as f64);
        out.family(&names::PROCESS_VIRTUAL).value(&[], stat.virtual_bytes as f64);
        out.family(&names::PROCESS_THREADS).value(&[], stat.threads as f64);
        if let Some(boot) = self.boot {
            let since_boot = stat.start_ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
            out.family(&names::PROCESS_START).value(&[], boot as f64 + since_boot);
        }
        true
    }
}

#[cfg(target_os = "linux")]
impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in brackets, which may hold blanks and brackets.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse().ok();
        Some(Self {
            threads: number(20)?,
            start_ticks: number(22)?,
            virtual_bytes: number(23)?,
            resident_pages: number(24)?,
        })
    }
}

/// The `btime` of `/proc/stat`: the boot in seconds since the epoch.
#[cfg(target_os = "linux")]
fn boot_time(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_moves_no_field() {
        let text =
            "7 (a) b) S 1 7 7 0 -1 4194560 90 0 0 0 11 22 0 0 20 0 5 0 8000 4096000 250 18446744073709551615";
        let stat = Stat { threads: 5, start_ticks: 8000, virtual_bytes: 4_096_000, resident_pages: 250 };
        assert_eq!(Stat::parse(text), Some(stat));
        assert_eq!(Stat::parse("7 (a) S 1"), None);
        assert_eq!(Stat::parse(""), None);
        assert_eq!(boot_time("cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000));
        assert_eq!(boot_time("cpu 1 2\n"), None);
    }
}
