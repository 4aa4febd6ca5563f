//! Disk and memory: real file systems, and trees of files as the kernel lays them.
#![cfg(feature = "system")]
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::time::Duration;

use campotech_health::{
    Check, CheckResult, ComponentStatus, ConfigError, DiskCheck, Measure, MemoryCheck, Reason,
};
use tempfile::TempDir;

use ComponentStatus::{Degraded, Healthy, Unhealthy};

fn seen(result: &CheckResult) -> (ComponentStatus, Reason, Option<f64>) {
    (result.status(), result.reason(), result.measures().get(Measure::UsedRatio))
}

#[tokio::test]
async fn a_real_disk_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    let result = DiskCheck::new(dir.path()).with_degraded_from(1.0).unwrap().run().await;
    let used = result.measures().get(Measure::UsedRatio).unwrap();
    assert!((0.0..=1.0).contains(&used), "{used}");
    // Something is used of any disk, so the least level is reached.
    let least = f64::MIN_POSITIVE;
    let check = DiskCheck::new(dir.path()).with_degraded_from(least).unwrap();
    let found = check.run().await;
    assert_eq!((found.status(), found.reason()), (Degraded, Reason::Saturated));
    assert!(found.message().unwrap().contains("is used"));
    let found = check.with_unhealthy_from(least).unwrap().run().await;
    assert_eq!((found.status(), found.reason()), (Unhealthy, Reason::Saturated));
}

#[tokio::test]
async fn a_path_that_is_not_there_or_has_no_size_is_unhealthy() {
    let dir = tempfile::tempdir().unwrap();
    let check = DiskCheck::new(dir.path().join("missing"));
    assert_eq!(seen(&check.run().await), (Unhealthy, Reason::Unreachable, None));
    std::fs::create_dir(dir.path().join("missing")).unwrap();
    assert_ne!(check.run().await.reason(), Reason::Unreachable, "it is there now");
    #[cfg(target_os = "linux")]
    assert_eq!(seen(&DiskCheck::new("/proc").run().await), (Unhealthy, Reason::BadBody, None));
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    for ratio in [0.0, -0.1, 1.01, f64::NAN, f64::INFINITY] {
        for error in [
            DiskCheck::new("/").with_degraded_from(ratio).unwrap_err(),
            DiskCheck::new("/").with_unhealthy_from(ratio).unwrap_err(),
            MemoryCheck::new().with_degraded_from(ratio).unwrap_err(),
            MemoryCheck::new().with_unhealthy_from(ratio).unwrap_err(),
        ] {
            assert_eq!(error.code(), "invalid_ratio", "{ratio}");
        }
    }
    for error in [
        DiskCheck::new("/").with_timeout(Duration::ZERO).unwrap_err(),
        MemoryCheck::new().with_timeout(Duration::ZERO).unwrap_err(),
    ] {
        assert!(matches!(error, ConfigError::ZeroDuration { .. }));
    }
    assert_eq!(DiskCheck::new("/").critical().name(), "disk");
    assert_eq!(DiskCheck::new("/").with_name("data").name(), "data");
    assert_eq!(MemoryCheck::default().degrading().name(), "memory");
    assert_eq!(MemoryCheck::new().with_name("heap").name(), "heap");
}

/// A tree of files below a directory of its own.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

async fn memory(files: &[(&str, &str)]) -> (ComponentStatus, Reason, Option<f64>) {
    let dir = tree(files);
    let result = MemoryCheck::new().with_root(dir.path()).run().await;
    seen(&result)
}

const V2: (&str, &str) =
    ("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n");
const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 9 kB\nMemAvailable: 500 kB\n");

#[tokio::test]
async fn a_group_of_version_2_counts_without_the_pages_that_can_go() {
    let group = |current| {
        [
            MACHINE,
            V2,
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "100000\n"),
            ("sys/fs/cgroup/memory.current", current),
            ("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 20000\nactive_file 9\n"),
        ]
    };
    assert_eq!(memory(&group("109999")).await, (Healthy, Reason::Ok, Some(0.89999)));
    assert_eq!(memory(&group("110000")).await, (Degraded, Reason::OutOfMemory, Some(0.9)));
    assert_eq!(memory(&group("120000")).await, (Degraded, Reason::OutOfMemory, Some(1.0)), "never unhealthy");
    let dir = tree(&group("115000"));
    let check = MemoryCheck::new().with_root(dir.path()).with_unhealthy_from(0.95).unwrap();
    assert_eq!(seen(&check.run().await), (Unhealthy, Reason::OutOfMemory, Some(0.95)));
}

#[tokio::test]
async fn the_limit_that_is_nearest_binds_each_by_its_own_use() {
    let service = [
        MACHINE,
        V2,
        ("proc/self/cgroup", "0::/system.slice/a.service\n"),
        ("sys/fs/cgroup/system.slice/a.service/memory.max", "100000\n"),
        ("sys/fs/cgroup/system.slice/a.service/memory.current", "50000\n"),
        // The siblings have used up what the slice may have.
        ("sys/fs/cgroup/system.slice/memory.max", "200000\n"),
        ("sys/fs/cgroup/system.slice/memory.current", "190000\n"),
        // Above the mount: another file system's.
        ("sys/fs/memory.max", "1\n"),
        ("sys/fs/memory.current", "1\n"),
    ];
    assert_eq!(memory(&service).await, (Degraded, Reason::OutOfMemory, Some(0.95)));
    let unbound = [V2, MACHINE, service[2], (service[3].0, "max\n"), service[4]];
    assert_eq!(memory(&unbound).await, (Healthy, Reason::Ok, Some(0.5)), "the machine's");
    let wider = [V2, MACHINE, service[2], (service[3].0, "1024001\n"), service[4]];
    assert_eq!(memory(&wider).await, (Healthy, Reason::Ok, Some(0.5)), "more than the machine has");
}

#[tokio::test]
async fn a_group_of_version_1_may_be_bound_by_what_it_does_not_see() {
    let group = |limit, above| {
        [
            MACHINE,
            (
                "proc/self/mountinfo",
                "2 31 0:32 /docker/f00 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
            ),
            ("proc/self/cgroup", "4:memory:/docker/f00\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", limit),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "60000\n"),
            ("sys/fs/cgroup/memory/memory.stat", above),
        ]
    };
    let (none, above) = ("9223372036854771712\n", "inactive_file 1\ntotal_inactive_file 10000\n");
    assert_eq!(memory(&group("100000\n", above)).await.2, Some(0.5));
    assert_eq!(memory(&group(none, above)).await.2, Some(0.5), "the machine's, by chance the same");
    let above = "hierarchical_memory_limit 53000\ntotal_inactive_file 7000\n";
    assert_eq!(memory(&group(none, above)).await, (Degraded, Reason::OutOfMemory, Some(1.0)));
}

#[tokio::test]
async fn without_a_group_the_machine_counts_and_without_that_it_says_so() {
    assert_eq!(memory(&[MACHINE]).await, (Healthy, Reason::Ok, Some(0.5)));
    let full = [("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 50 kB\n")];
    assert_eq!(memory(&full).await, (Degraded, Reason::OutOfMemory, Some(0.95)));
    assert_eq!(memory(&[]).await, (Degraded, Reason::Disabled, None));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn this_process_has_memory() {
    let used = MemoryCheck::new().run().await.measures().get(Measure::UsedRatio).unwrap();
    assert!(used > 0.0 && used < 1.1, "{used}");
}
