//! Checks: what is asked, and how much the answer matters.

#[allow(clippy::module_inception, reason = "the trait has the folder's name")]
mod check;
mod component;
mod function;
mod measures;
mod result;

pub use check::Check;
pub(crate) use check::ErasedCheck;
pub(crate) use component::is_name;
pub use component::{Component, Criticality};
pub use function::{CheckFn, check_fn};
pub use measures::Measures;
pub use result::CheckResult;
