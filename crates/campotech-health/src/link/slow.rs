//! An answer that is fine but late.

use std::time::Duration;

use crate::{CheckResult, Reason};

pub(crate) fn slow(took: Duration) -> CheckResult {
    CheckResult::degraded(Reason::Slow).with_message(format_args!("answered after {took:?}"))
}
