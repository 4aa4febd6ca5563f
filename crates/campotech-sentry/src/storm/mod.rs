//! The storm limit: the same error again and again is told a few times, and then counted.

mod bucket;
mod limit;
mod table;

pub use limit::StormLimit;
pub(crate) use table::{Storm, Verdict};
