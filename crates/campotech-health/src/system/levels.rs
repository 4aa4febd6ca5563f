//! From which part on something that is used up is worse.

use campotech_core::Measure;

use crate::{CheckResult, Reason};

/// Parts of a limit, 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub(super) degraded: f64,
    pub(super) unhealthy: Option<f64>,
}

impl Levels {
    /// What it means that this part of `what` is used.
    pub(super) fn judge(self, used: f64, what: &str, reason: Reason) -> CheckResult {
        let result = if self.unhealthy.is_some_and(|level| used >= level) {
            CheckResult::failed(reason)
        } else if used >= self.degraded {
            CheckResult::degraded(reason)
        } else {
            return CheckResult::ok().with_measure(Measure::UsedRatio, used);
        };
        result
            .with_message(format_args!("{:.1} % of the {what} is used", used * 100.0))
            .with_measure(Measure::UsedRatio, used)
    }
}
