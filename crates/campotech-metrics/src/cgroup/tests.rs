//! Trees of files as kernels and container engines lay them, and trees of garbage.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::Cgroup;
use super::usage::{Cpu, Memory, Usage};
use crate::collect::Askers;
use crate::exposition::Exposition;
use crate::names::ALL;

fn tree(files: &[(&str, &str)]) -> (TempDir, Cgroup) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let cgroup = Cgroup::below(dir.path().to_owned());
    (dir, cgroup)
}

fn read(files: &[(&str, &str)]) -> Usage {
    tree(files).1.read()
}

const V2: &str = "29 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n";

#[test]
fn a_version_2_container_sees_its_own_group_as_the_top() {
    let usage = read(&[
        ("proc/self/cgroup", "0::/\n"),
        ("proc/self/mountinfo", V2),
        (
            "sys/fs/cgroup/cpu.stat",
            "usage_usec 2500000\nuser_usec 1\nnr_periods 40\nnr_throttled 4\nthrottled_usec 1500000\n",
        ),
        ("sys/fs/cgroup/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/memory.current", "1000000\n"),
        ("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 300000\nactive_file 9\n"),
        ("sys/fs/cgroup/memory.max", "536870912\n"),
        ("sys/fs/cgroup/memory.events", "low 0\noom 3\noom_kill 2\n"),
        ("sys/fs/cgroup/pids.current", "17\n"),
        ("sys/fs/cgroup/pids.max", "512\n"),
    ]);
    let cpu = Cpu {
        seconds: Some(2.5),
        limit_cores: Some(1.5),
        periods: Some(40),
        throttled_periods: Some(4),
        throttled_seconds: Some(1.5),
    };
    let memory = Memory {
        usage: Some(1_000_000),
        working_set: Some(700_000),
        limit: Some(536_870_912),
        oom_kills: Some(2),
    };
    assert_eq!(usage, Usage { cpu, memory, pids: Some(17), pids_limit: Some(512) });
}

#[test]
fn a_service_of_systemd_is_bound_by_the_slices_above_it() {
    let service = "sys/fs/cgroup/system.slice/a.service";
    let file = |name: &str| format!("{service}/{name}");
    let usage = read(&[
        ("proc/self/cgroup", "0::/system.slice/a.service\n"),
        ("proc/self/mountinfo", V2),
        (&file("cpu.stat"), "usage_usec 1\nuser_usec 1\n"),
        (&file("cpu.max"), "max 100000\n"),
        (&file("memory.current"), "100\n"),
        (&file("memory.stat"), "inactive_file 300\n"),
        (&file("memory.max"), "max\n"),
        (&file("pids.max"), "max\n"),
        ("sys/fs/cgroup/system.slice/cpu.max", "400000 100000\n"),
        ("sys/fs/cgroup/system.slice/memory.max", "2000\n"),
        ("sys/fs/cgroup/system.slice/pids.max", "max\n"),
        // Above the mount: another file system's.
        ("sys/fs/memory.max", "1\n"),
    ]);
    assert_eq!(usage.cpu.limit_cores, Some(4.0));
    assert_eq!(usage.cpu.periods, None);
    assert_eq!(usage.memory.limit, Some(2000));
    assert_eq!(usage.memory.working_set, Some(0), "never below zero");
    assert_eq!(usage.memory.oom_kills, None);
    assert_eq!((usage.pids, usage.pids_limit), (None, None));
}

#[test]
fn a_version_1_container_that_sees_the_hosts_paths() {
    let mount = |id, names: &str| {
        format!(
            "{id} 31 0:3{id} /docker/f00 /sys/fs/cgroup/{names} ro,nosuid master:9 - cgroup cgroup rw,{names}\n"
        )
    };
    let mountinfo = mount(1, "cpu,cpuacct") + &mount(2, "memory") + &mount(3, "pids");
    let files = [
        ("proc/self/cgroup", "9:pids:/docker/f00\n4:memory:/docker/f00/inner\n2:cpu,cpuacct:/docker/f00\n"),
        ("proc/self/mountinfo", &mountinfo),
        ("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "3000000000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 8\nnr_throttled 2\nthrottled_time 500000000\n"),
        ("sys/fs/cgroup/memory/inner/memory.usage_in_bytes", "5000\n"),
        ("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "9223372036854771712\n"),
        (
            "sys/fs/cgroup/memory/inner/memory.stat",
            "inactive_file 1\nhierarchical_memory_limit 7000\ntotal_inactive_file 2000\n",
        ),
        ("sys/fs/cgroup/memory/inner/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "8000\n"),
        ("sys/fs/cgroup/pids/pids.current", "5\n"),
        ("sys/fs/cgroup/pids/pids.max", "max\n"),
    ];
    let cpu = Cpu {
        seconds: Some(3.0),
        limit_cores: Some(0.5),
        periods: Some(8),
        throttled_periods: Some(2),
        throttled_seconds: Some(0.5),
    };
    let memory = Memory { usage: Some(5000), working_set: Some(3000), limit: Some(7000), oom_kills: Some(1) };
    assert_eq!(read(&files), Usage { cpu, memory, pids: Some(5), pids_limit: None });
}

#[test]
fn with_both_versions_each_controller_is_read_where_it_is() {
    let mountinfo = "\
        32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
        33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        36 31 0:33 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    let files = [
        ("proc/self/cgroup", "8:pids:/gone\n4:memory:/a/b\n2:cpuacct:/\n1:cpu:/\n0::/u\n"),
        ("proc/self/mountinfo", mountinfo),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"),
        ("sys/fs/cgroup/cpuacct/cpuacct.usage", "1000000000\n"),
        ("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "10\n"),
        ("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
        ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854710272\n"),
        ("sys/fs/cgroup/memory/a/b/memory.stat", "hierarchical_memory_limit 9223372036854771712\n"),
        ("sys/fs/cgroup/unified/u/cpu.stat", "usage_usec 7\n"),
        ("sys/fs/cgroup/unified/u/memory.current", "11\n"),
        ("sys/fs/cgroup/unified/u/pids.current", "3\n"),
    ];
    let usage = read(&files);
    assert_eq!((usage.cpu.seconds, usage.cpu.limit_cores, usage.cpu.periods), (Some(1.0), None, Some(0)));
    assert_eq!(usage.memory, Memory { usage: Some(10), ..Memory::default() });
    assert_eq!(usage.pids, Some(3), "version 1 shows no folder of the group");

    let (_dir, cgroup) = tree(&files);
    let text = written(&cgroup);
    assert!(text.contains("\ncgroup_cpu_usage_seconds_total 1\n"), "{text}");
    assert!(text.contains("\ncgroup_cpu_throttled_seconds_total 0\n"), "{text}");
    assert!(!text.contains("_limit"), "no limit is no series: {text}");
}

#[test]
fn nothing_is_found_where_nothing_is() {
    assert_eq!(read(&[]), Usage::default());
    assert_eq!(read(&[("proc/self/cgroup", "0::/\n")]), Usage::default());
    assert_eq!(read(&[("proc/self/cgroup", "0::/\n"), ("proc/self/mountinfo", V2)]), Usage::default());
    let (_dir, cgroup) = tree(&[]);
    assert_eq!(written(&cgroup), "");
}

#[test]
fn a_group_that_the_process_is_moved_to_is_followed() {
    let (dir, cgroup) = tree(&[
        ("proc/self/cgroup", "0::/a\n"),
        ("proc/self/mountinfo", V2),
        ("sys/fs/cgroup/a/pids.current", "1\n"),
        ("sys/fs/cgroup/b/pids.current", "2\n"),
    ]);
    assert_eq!(cgroup.read().pids, Some(1));
    std::fs::write(dir.path().join("proc/self/cgroup"), "0::/b\n").unwrap();
    assert_eq!(cgroup.read().pids, Some(2));
}

/// The kernel's own files: whatever there is agrees with what is known otherwise.
#[test]
fn the_machine_that_runs_this_can_be_read() {
    let usage = Cgroup::new().read();
    let found = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounted = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    assert!(usage != Usage::default() || !mounted.contains(" - cgroup"), "{found}{mounted}");
    if let Some(seconds) = usage.cpu.seconds {
        let grows = (0..1_000_000).any(|_| Cgroup::new().read().cpu.seconds.is_some_and(|now| now > seconds));
        assert!(grows, "{usage:?}");
    }
    if let Some(bytes) = usage.memory.usage {
        assert!(usage.memory.working_set.is_some_and(|set| set <= bytes) && bytes > 1 << 20, "{usage:?}");
    }
    assert!(usage.memory.limit.is_none_or(|limit| limit > 1 << 20), "{usage:?}");
    assert!(usage.cpu.limit_cores.is_none_or(|cores| cores > 0.0), "{usage:?}");
    assert!(usage.pids.is_none_or(|pids| pids >= 1), "{usage:?}");
}

#[test]
fn every_family_is_in_the_readme() {
    let readme = include_str!("../../README.md");
    for desc in ALL.iter().filter(|desc| desc.name.starts_with("cgroup_")) {
        assert!(readme.contains(&format!("`{}`", desc.name)), "{}", desc.name);
    }
}

/// The files that are read, below the mount.
const FILES: [&str; 12] = [
    "cpu.stat",
    "cpu.max",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpuacct.usage",
    "memory.current",
    "memory.usage_in_bytes",
    "memory.stat",
    "memory.max",
    "memory.limit_in_bytes",
    "pids.current",
    "pids.max",
];

fn fill(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        r"(nr_periods|usage_usec|inactive_file|hierarchical_memory_limit|max|-?[0-9]{1,22}| |\n|\.){0,12}"
            .prop_map(String::into_bytes),
        r"([0-9]+ [0-9]+ 0:1 (/|/a|/\.\.|\\04) (/m|/|m) rw - cgroup2? x (rw|cpu|memory|,){0,3}\n){0,4}"
            .prop_map(String::into_bytes),
        r"([0-9]*:(cpu|memory|pids|,){0,3}:(/|/a|/\.\./b|a){0,2}\n){0,4}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn garbage_never_panics_and_every_number_is_a_number(
        cgroup in line(), mountinfo in line(), files in prop::collection::vec(line(), FILES.len()), known in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (cgroup, mountinfo) = if known {
            let mounts = "1 1 0:1 / /m rw - cgroup2 x rw\n2 1 0:1 / /m rw - cgroup x rw,cpu,memory\n";
            (b"1:cpu,memory:/\n0::/a\n".to_vec(), mounts.as_bytes().to_vec())
        } else {
            (cgroup, mountinfo)
        };
        fill(dir.path(), "proc/self/cgroup", &cgroup);
        fill(dir.path(), "proc/self/mountinfo", &mountinfo);
        for (name, text) in FILES.iter().zip(&files) {
            fill(dir.path(), &format!("m/{name}"), text);
            fill(dir.path(), &format!("m/a/{name}"), text);
        }
        for line in written(&Cgroup::below(dir.path().to_owned())).lines().filter(|line| !line.starts_with('#')) {
            let value: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
            prop_assert!(value.is_finite() && value >= 0.0, "{line}");
        }
    }
}

fn written(cgroup: &Cgroup) -> String {
    let askers = Askers::new(Duration::from_secs(1));
    let (mut out, mut answer) = (Exposition::default(), Vec::new());
    cgroup.write(&mut out, &mut askers.begin(None, None));
    out.finish(&mut answer);
    String::from_utf8(answer).unwrap()
}
