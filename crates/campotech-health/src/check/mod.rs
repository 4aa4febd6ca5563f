//! Checks: what is asked, and how much the answer matters.

#[allow(clippy::module_inception, reason = "the trait has the folder's name")]
mod check;
mod component;
mod function;
mod result;

pub use check::Check;
pub(crate) use check::ErasedCheck;
pub use component::{Component, Criticality};
pub use function::{CheckFn, check_fn};
pub use result::CheckResult;
