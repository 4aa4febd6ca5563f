//! Rate limits per client network: an exact sliding log, or GCRA, chosen per tier.
//!
//! | algorithm | admitted in any window W for "N per W" | memory per key |
//! |---|---|---|
//! | [`Algorithm::SlidingLog`] | exactly N | 8 bytes for each of up to N requests |
//! | [`Algorithm::Gcra`] | N at once, then one every W/N: at most 2 N | 8 bytes |
//!
//! A window is half-open: of two requests exactly W apart, the second is in a new one. Requests that were refused don't
//! count. Every tier keeps at most [`Tier::max_keys`] keys; a new key takes the
//! place of an idle one, or of the one with most quota left among a few, or (where many keys at their limit stand together) of
//! the newest. A key that is over its limit is never forgotten: only where all are, a new key finds no room.
//!
//! Quotas are of one process, unless the layer has [`SharedLimits`](shared::SharedLimits).

mod failures;
mod future;
pub mod gcra;
mod header;
mod layer;
mod quota;
#[cfg(feature = "redis")]
pub mod redis;
mod service;
pub mod shared;
pub mod sliding_log;
mod standing;
mod store;
mod tier;

pub use failures::{Attempt, FailureLimiter, Limited};
pub use future::RateLimitFuture;
pub use gcra::Gcra;
pub use layer::RateLimitLayer;
pub use quota::Quota;
pub use service::RateLimitService;
pub use sliding_log::SlidingLog;
pub use standing::Standing;
pub(crate) use standing::seconds_up;
pub use tier::{Algorithm, Tier};
