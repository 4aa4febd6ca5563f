//! What is known: written by the probers, read by requests.

mod event;
mod phase;
mod plan;
mod record;
mod settings;
mod shared;
mod snapshot;
mod stamp;
mod thresholds;
mod view;

pub use event::HealthEvent;
pub use phase::Phase;
pub(crate) use plan::{Plan, groups};
pub(crate) use settings::{Overrides, Settings, jittered};
pub(crate) use shared::Shared;
pub use snapshot::{ComponentSnapshot, Snapshot};
pub(crate) use snapshot::{millis, rfc3339};
pub(crate) use thresholds::Thresholds;
pub(crate) use view::{Glance, Scope};
