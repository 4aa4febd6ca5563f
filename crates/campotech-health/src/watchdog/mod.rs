//! A thread that sees when a runtime does no work.

mod beat;
#[allow(clippy::module_inception, reason = "the type has the folder's name")]
mod watchdog;

pub use watchdog::Watchdog;
