//! What is left of a file system.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{StatVfs, statvfs};
use rustix::io::{self, Errno};
use tokio::time::timeout;

use super::levels::Levels;
use crate::aside::Aside;
use crate::bounds::{not_zero, ratio};
use crate::{Check, CheckResult, ConfigError, Reason};

/// Tells how much of the file system behind a path is used: of its bytes, or of its inodes, whichever is more. A disk
/// without inodes takes no new file, however many bytes are free.
///
/// What is kept for the superuser counts as used, as in `df`. A dead network mount is a timeout, and costs one thread.
///
/// ```
/// use campotech_health::{Check, DiskCheck, Health};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let disk = DiskCheck::new("/var/lib/jobs").with_unhealthy_from(0.99)?;
/// let health = Health::builder("jobs-api", "1.4.2").check(disk.critical()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// Named `disk`; degraded from 0.90 and unhealthy from 0.97, reason `saturated`; 900 ms.
#[derive(Debug)]
#[must_use]
pub struct DiskCheck {
    name: String,
    path: PathBuf,
    levels: Levels,
    timeout: Duration,
    aside: Aside,
    stat: fn(&Path) -> io::Result<StatVfs>,
}

impl DiskCheck {
    /// Looks at the file system that `path` is on.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            name: "disk".to_owned(),
            path: path.into(),
            levels: Levels { degraded: 0.90, unhealthy: Some(0.97) },
            timeout: Duration::from_millis(900),
            aside: Aside::default(),
            stat: |path| statvfs(path),
        }
    }

    /// Another name, as for a second disk.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The used part from which on it is degraded.
    ///
    /// # Errors
    /// [`ConfigError::InvalidRatio`] for what is not above 0 and at most 1.
    pub fn with_degraded_from(mut self, used: f64) -> Result<Self, ConfigError> {
        self.levels.degraded = ratio(used, "the used part from which on a disk is degraded")?;
        Ok(self)
    }

    /// The used part from which on it is unhealthy, be that below the one for degraded too.
    ///
    /// # Errors
    /// [`ConfigError::InvalidRatio`] for what is not above 0 and at most 1.
    pub fn with_unhealthy_from(mut self, used: f64) -> Result<Self, ConfigError> {
        self.levels.unhealthy = Some(ratio(used, "the used part from which on a disk is unhealthy")?);
        Ok(self)
    }

    /// The time that the file system may take; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = not_zero(timeout, "the timeout of a disk check")?;
        Ok(self)
    }

    fn judge(&self, disk: &StatVfs) -> CheckResult {
        let bytes = used(disk.f_blocks, disk.f_bfree, disk.f_bavail);
        // File systems that make inodes as they need them have none at all.
        let inodes = used(disk.f_files, disk.f_ffree, disk.f_favail);
        match (bytes, inodes) {
            (Some(bytes), Some(inodes)) if inodes > bytes => {
                self.levels.judge(inodes, "inodes", Reason::Saturated)
            }
            (Some(bytes), _) => self.levels.judge(bytes, "space", Reason::Saturated),
            (None, _) => CheckResult::failed(Reason::BadBody).with_message("a file system without a size"),
        }
    }
}

/// The used part of what ordinary users can use.
fn used(all: u64, free: u64, available: u64) -> Option<f64> {
    let used = all.saturating_sub(free) as f64;
    let usable = used + available as f64;
    match all {
        0 => None,
        // Nothing is used, and all that is free is kept for the superuser.
        _ if usable == 0.0 => Some(1.0),
        _ => Some(used / usable),
    }
}

impl Check for DiskCheck {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let (path, stat) = (self.path.clone(), self.stat);
        match timeout(self.timeout, self.aside.run(move || stat(&path))).await {
            Err(_) => CheckResult::failed(Reason::Timeout).with_message("the file system does not answer"),
            Ok(Err(failure)) => failure.into(),
            Ok(Ok(Ok(disk))) => self.judge(&disk),
            Ok(Ok(Err(error))) => CheckResult::failed(of_stat(error)).with_message(error),
        }
    }
}

/// A mount that is gone or broken has many errors, and no rights only these.
fn of_stat(error: Errno) -> Reason {
    if matches!(error, Errno::ACCESS | Errno::PERM) { Reason::Auth } else { Reason::Unreachable }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use campotech_core::{ComponentStatus, Measure};
    use tokio::time::sleep;

    use super::*;

    fn disk(bytes: [u64; 3], inodes: [u64; 3]) -> StatVfs {
        let mut disk = statvfs("/").unwrap();
        [disk.f_blocks, disk.f_bfree, disk.f_bavail] = bytes;
        [disk.f_files, disk.f_ffree, disk.f_favail] = inodes;
        disk
    }

    fn judged(bytes: [u64; 3], inodes: [u64; 3]) -> (ComponentStatus, Option<f64>) {
        let result = DiskCheck::new("/").judge(&disk(bytes, inodes));
        (result.status(), result.measures().get(Measure::UsedRatio))
    }

    #[test]
    fn the_scarcer_of_bytes_and_inodes_counts() {
        use ComponentStatus::{Degraded, Healthy, Unhealthy};
        let plenty = [100, 90, 90];
        assert_eq!(judged([100, 50, 50], plenty), (Healthy, Some(0.5)));
        assert_eq!(judged([1000, 101, 101], plenty), (Healthy, Some(0.899)));
        assert_eq!(judged([100, 10, 10], plenty), (Degraded, Some(0.9)));
        assert_eq!(judged([100, 3, 3], plenty), (Unhealthy, Some(0.97)));
        assert_eq!(judged(plenty, [100, 3, 3]), (Unhealthy, Some(0.97)), "no inodes are left");
        assert_eq!(judged(plenty, [0, 0, 0]), (Healthy, Some(0.1)), "no inodes are needed");
        // Five percent are the superuser's: 90 of 95 are used.
        assert_eq!(judged([100, 10, 5], plenty), (Degraded, Some(90.0 / 95.0)));
        assert_eq!(judged([100, 5, 0], plenty), (Unhealthy, Some(1.0)));
        assert_eq!(judged([100, 100, 0], plenty), (Unhealthy, Some(1.0)));
        assert_eq!(judged([0, 0, 0], plenty), (Unhealthy, None), "no disk at all");
    }

    #[tokio::test]
    async fn a_mount_that_hangs_is_asked_once() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        fn hang(_: &Path) -> io::Result<StatVfs> {
            CALLS.fetch_add(1, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
        let check = DiskCheck { stat: hang, ..DiskCheck::new("/") };
        let check = check.with_timeout(Duration::from_millis(20)).unwrap();
        for _ in 0..50 {
            let result = check.run().await;
            assert_eq!((result.status(), result.reason()), (ComponentStatus::Unhealthy, Reason::Timeout));
            // Its thread may begin later than the run ends.
            while CALLS.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn errors_are_told_apart() {
        assert_eq!(of_stat(Errno::NOENT), Reason::Unreachable);
        assert_eq!(of_stat(Errno::STALE), Reason::Unreachable);
        assert_eq!(of_stat(Errno::ACCESS), Reason::Auth);
    }
}
