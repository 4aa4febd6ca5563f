//! Rate limits: exact or by GCRA, for whom and for what each tier says, in one process or in many.
//!
//! | algorithm | admitted in any window W for "N per W" | memory per key |
//! |---|---|---|
//! | [`Algorithm::SlidingLog`] | exactly N | 45 bytes, and 8 for each of up to N requests |
//! | [`Algorithm::Gcra`] | N at once, then one every W/N: at most 2 N | 45 bytes |
//! | [`Algorithm::InFlight`] | N at the same time | 45 bytes |
//!
//! A window is half-open: of two requests exactly W apart, the second is in a new one. Requests that were refused don't
//! count. Every tier keeps at most [`Tier::max_keys`] keys; a new key takes the
//! place of an idle one, or of the one with most quota left among a few, or (where many keys at their limit stand together) of
//! the newest. A key that is over its limit is never forgotten: only where all are, a new key finds no room.
//!
//! Quotas are of one process, unless the layer has [`SharedLimits`](shared::SharedLimits).
//!
//! ```
//! use std::time::Duration;
//!
//! use campotech_security::rate_limit::{Ban, HeaderKey, Key, NetworkKey, Quota, RateLimitLayer, Tier};
//! use http::header::HeaderName;
//! use http::{Method, StatusCode};
//!
//! # fn main() -> Result<(), campotech_security::ConfigError> {
//! let api_key = HeaderKey::new(HeaderName::from_static("x-api-key"), "a secret of all replicas")?;
//! let layer = RateLimitLayer::new([
//!     // Ten failed log-ins in any quarter of an hour, then a ban that doubles.
//!     Tier::auth(10, Duration::from_secs(900))
//!         .routes(["/api/v1/auth/*"])
//!         .count_only(|status| status == StatusCode::UNAUTHORIZED)
//!         .ban(Ban::escalating(Duration::from_secs(60), Duration::from_secs(86_400))?),
//!     // Two exports at a time; a search costs as much as five reads.
//!     Tier::in_flight("exports", 2).routes(["/api/v1/exports"]).methods([Method::POST]),
//!     // By API key, else by network; a whole /48 gets no more than ten subscribers.
//!     Tier::standard(100, Duration::from_secs(60))
//!         .key(api_key.or(NetworkKey::new()))
//!         .cost(|request| if request.uri().path().ends_with("/search") { 5 } else { 1 })
//!         .and(Tier::new("site", Quota::per_minute(1_000), campotech_security::rate_limit::Algorithm::Gcra)
//!             .key(NetworkKey::new().with_prefixes(24, 48)?)),
//! ])?;
//! # drop(layer);
//! # Ok(())
//! # }
//! ```

mod ban;
mod body;
mod claim;
mod concurrency;
mod decide;
mod failures;
mod future;
pub mod gcra;
mod header;
pub mod key;
mod keyed;
mod layer;
mod lists;
mod quota;
#[cfg(feature = "redis")]
pub mod redis;
mod refusal;
mod service;
pub mod shared;
mod shared_failures;
pub mod sliding_log;
mod standing;
mod store;
mod tier;
mod tiers;
mod time;
mod view;

pub use ban::Ban;
pub use body::RateLimitBody;
pub use failures::{Attempt, FailureLimiter, Limited};
pub use future::RateLimitFuture;
pub use gcra::Gcra;
pub use header::Legacy;
pub use key::{HeaderKey, Key, KeyValue, NetworkKey};
pub use keyed::KeyedLimiter;
pub use layer::RateLimitLayer;
pub use lists::NetworkList;
pub use quota::Quota;
pub use service::RateLimitService;
pub use shared_failures::{AttemptRefused, SharedAttempt, SharedFailureLimiter};
pub use sliding_log::SlidingLog;
pub use standing::Standing;
pub(crate) use standing::seconds_up;
pub use tier::{Algorithm, Outage, Tier};
pub(crate) use time::nanos_since;
pub use view::RequestView;
