//! How much of its memory the process has used, by its control groups or by the machine.

use std::path::Path;

use campotech_core::cgroup::{Folders, Hierarchy, Membership, Mounts, keyed, number, text};

/// The part that is used of the limit that is nearest, 0 to 1 and perhaps somewhat more.
///
/// A group's limit binds all that is below it, so each group on the way up is measured by its own use. A limit that is
/// more than the machine has is none. Only without any limit does the machine's memory count.
pub(super) fn used_ratio(root: &Path) -> Option<f64> {
    let read = |path: &str| text(&root.join(path)).unwrap_or_default();
    let machine = Machine::parse(&read("proc/meminfo"));
    let mounts = Mounts::parse(&read("proc/self/mountinfo"));
    let membership = Membership::parse(&read("proc/self/cgroup"));
    let hierarchy = Hierarchy::of("memory", root, &mounts, &membership);
    let groups = hierarchy.map(|hierarchy| match hierarchy {
        Hierarchy::V1(folders) => version_1(&folders, machine.total),
        Hierarchy::V2(folders) => version_2(&folders, machine.total),
    });
    groups.flatten().or_else(|| machine.used_ratio())
}

/// Lines of `/proc/meminfo`, in KiB.
#[derive(Debug, Clone, Copy, Default)]
struct Machine {
    total: Option<u64>,
    available: Option<u64>,
}

impl Machine {
    fn parse(meminfo: &str) -> Self {
        let bytes = |key| keyed(meminfo, key).map(|kib| kib.saturating_mul(1024));
        Self { total: bytes("MemTotal:"), available: bytes("MemAvailable:") }
    }

    fn used_ratio(self) -> Option<f64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some(1.0 - (self.available?.min(total) as f64 / total as f64))
    }
}

fn version_2(folders: &Folders, machine: Option<u64>) -> Option<f64> {
    let level = |folder: &Path| {
        let limit = number(&folder.join("memory.max"))?;
        part(used(folder, "memory.current", "inactive_file")?, limit, machine)
    };
    greatest(folders.up().filter_map(level))
}

fn version_1(folders: &Folders, machine: Option<u64>) -> Option<f64> {
    let used = |folder: &Path| used(folder, "memory.usage_in_bytes", "total_inactive_file");
    let level = |folder: &Path| part(used(folder)?, number(&folder.join("memory.limit_in_bytes"))?, machine);
    // A container does not see the groups above its own, but this number knows of them.
    let above = || {
        let limit = keyed(&folders.text("memory.stat")?, "hierarchical_memory_limit")?;
        part(used(folders.up().next()?)?, limit, machine)
    };
    greatest(folders.up().filter_map(level).chain(above()))
}

/// What a group has in use, less the file pages that nobody asked for lately: the kernel takes those before it kills.
fn used(folder: &Path, usage: &str, inactive: &str) -> Option<u64> {
    let usage = number(&folder.join(usage))?;
    let stat = text(&folder.join("memory.stat")).unwrap_or_default();
    Some(usage.saturating_sub(keyed(&stat, inactive).unwrap_or(0)))
}

fn part(used: u64, limit: u64, machine: Option<u64>) -> Option<f64> {
    let binds = machine.is_none_or(|total| limit < total);
    (binds && limit > 0).then(|| used as f64 / limit as f64)
}

fn greatest(parts: impl Iterator<Item = f64>) -> Option<f64> {
    parts.reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_machine_is_read_from_meminfo() {
        let used = |text| Machine::parse(text).used_ratio();
        assert_eq!(used("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  250 kB\n"), Some(0.75));
        assert_eq!(used("MemTotal: 1000 kB\nMemAvailable: 2000 kB\n"), Some(0.0), "more than there is");
        assert_eq!(used("MemTotal: 1000 kB\n"), None);
        assert_eq!(used("MemTotal: 0 kB\nMemAvailable: 0 kB\n"), None);
        assert_eq!(used(""), None);
    }

    #[test]
    fn a_limit_beyond_the_machine_is_none() {
        assert_eq!(part(5, 10, Some(11)), Some(0.5));
        assert_eq!(part(5, 10, Some(10)), None);
        assert_eq!(part(5, 0, None), None);
        assert_eq!(part(5, 10, None), Some(0.5));
    }

    proptest! {
        #[test]
        fn whatever_the_files_say_they_are_read(
            files in proptest::collection::vec("((memory|0::|/|max|-|MemTotal:|MemAvailable:|inactive_file|hierarchical_memory_limit)? ?[0-9a-z:/]{0,22}\n?){0,6}", 8),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let write = |path: &str, text: &str| {
                let path = dir.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            let garbage = |index: usize| files[index].as_str();
            write("proc/meminfo", garbage(0));
            for (version, mountinfo, cgroup) in [
                (0, "1 1 0:1 / /m rw - cgroup2 cgroup rw\n", "0::/a\n"),
                (1, "1 1 0:1 / /m rw - cgroup cgroup rw,memory\n", "4:memory:/a\n"),
                (2, garbage(1), garbage(2)),
            ] {
                write("proc/self/mountinfo", mountinfo);
                write("proc/self/cgroup", cgroup);
                for folder in ["m", "m/a"] {
                    for (index, file) in ["memory.max", "memory.current", "memory.stat"].iter().enumerate() {
                        write(&format!("{folder}/{file}"), garbage(3 + index));
                    }
                    write(&format!("{folder}/memory.limit_in_bytes"), garbage(6));
                    write(&format!("{folder}/memory.usage_in_bytes"), garbage(7));
                }
                if let Some(ratio) = used_ratio(dir.path()) {
                    prop_assert!(ratio.is_finite() && ratio >= 0.0, "{version}: {ratio}");
                }
            }
        }
    }
}
