//! A quota, how it is kept, whom it counts, and the requests it is for.

mod builder;
mod debt;
mod kept;
mod lease;
mod matcher;
mod outage;
mod ready;

pub(super) use builder::MAX_KEYS;
pub use builder::{Algorithm, Tier};
pub(super) use kept::{Ask, NoRoom};
pub(super) use lease::Known;
pub(super) use matcher::Reading;
pub use outage::Outage;
pub(super) use ready::{ReadyTier, check_max_keys};
