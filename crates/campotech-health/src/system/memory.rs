//! What is left of the process's memory.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::levels::Levels;
use super::usage::used_ratio;
use crate::aside::Aside;
use crate::bounds::{not_zero, ratio};
use crate::{Check, CheckResult, ConfigError, Reason};

/// Tells how much of its memory the process has used: of the limit of its control group, version 2 or 1, or of a group
/// above it, whichever is nearest; without a limit, of the machine's. Linux only; elsewhere it is degraded, reason
/// `disabled`.
///
/// Pages of files that nobody asked for lately don't count, as the kernel takes those before it kills. A service that is
/// made unready because it runs out of memory gives its load to others that then do, so it is degraded and no more.
///
/// ```
/// use campotech_health::{Check, Health, MemoryCheck};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let memory = MemoryCheck::new().with_degraded_from(0.85)?;
/// let health = Health::builder("jobs-api", "1.4.2").check(memory.degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// Named `memory`; degraded from 0.90, never unhealthy, reason `out_of_memory`; 900 ms.
#[derive(Debug)]
#[must_use]
pub struct MemoryCheck {
    name: String,
    root: PathBuf,
    levels: Levels,
    timeout: Duration,
    aside: Aside,
}

impl MemoryCheck {
    /// Looks at the memory of this process.
    pub fn new() -> Self {
        Self {
            name: "memory".to_owned(),
            root: PathBuf::from("/"),
            levels: Levels { degraded: 0.90, unhealthy: None },
            timeout: Duration::from_millis(900),
            aside: Aside::default(),
        }
    }

    /// Another name.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The used part from which on it is degraded.
    ///
    /// # Errors
    /// [`ConfigError::InvalidRatio`] for what is not above 0 and at most 1.
    pub fn with_degraded_from(mut self, used: f64) -> Result<Self, ConfigError> {
        self.levels.degraded = ratio(used, "the used part from which on memory is degraded")?;
        Ok(self)
    }

    /// The used part from which on it is unhealthy.
    ///
    /// # Errors
    /// [`ConfigError::InvalidRatio`] for what is not above 0 and at most 1.
    pub fn with_unhealthy_from(mut self, used: f64) -> Result<Self, ConfigError> {
        self.levels.unhealthy = Some(ratio(used, "the used part from which on memory is unhealthy")?);
        Ok(self)
    }

    /// Reads `proc`, and the mounts that it tells of, below another directory than `/`.
    pub fn with_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// The time that reading may take; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = not_zero(timeout, "the timeout of a memory check")?;
        Ok(self)
    }
}

impl Default for MemoryCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for MemoryCheck {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let root = self.root.clone();
        match timeout(self.timeout, self.aside.run(move || used_ratio(&root))).await {
            Err(_) => CheckResult::degraded(Reason::Timeout).with_message("the kernel does not answer"),
            Ok(Err(failure)) => CheckResult::degraded(failure.reason).with_message(failure.message),
            Ok(Ok(Some(used))) => self.levels.judge(used, "memory", Reason::OutOfMemory),
            Ok(Ok(None)) => CheckResult::degraded(Reason::Disabled)
                .with_message("there is neither a control group nor /proc/meminfo"),
        }
    }
}
