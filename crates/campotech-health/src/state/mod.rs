//! What is known: written by the probers, read by requests.

mod phase;
mod plan;
mod record;
mod shared;
mod snapshot;
mod thresholds;
mod view;

pub use phase::Phase;
pub(crate) use plan::{Plan, Settings};
pub(crate) use shared::Shared;
pub use snapshot::{ComponentSnapshot, Snapshot};
pub(crate) use snapshot::{millis, rfc3339};
pub(crate) use thresholds::Thresholds;
pub(crate) use view::{Scope, is_ready};
