//! Tiers that several replicas share through Redis or Valkey, by [fred](https://docs.rs/fred).
//!
//! Every decision is one call of one script, by the server's clock. Give the client a reconnection policy and
//! `unresponsive` settings, and connect it before the first request:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use campotech_security::rate_limit::redis::RedisLimits;
//! use campotech_security::rate_limit::{RateLimitLayer, Tier};
//! use fred::prelude::*;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Builder::from_config(Config::from_url("redis://127.0.0.1:6379")?)
//!     .with_connection_config(|connection| {
//!         connection.unresponsive.max_timeout = Some(Duration::from_secs(5));
//!     })
//!     .set_policy(ReconnectPolicy::new_exponential(0, 100, 2_000, 2))
//!     .build()?;
//! client.connect();
//! // Where Redis is away now, the share of this replica decides until it is back.
//! let _ = tokio::time::timeout(Duration::from_secs(1), client.wait_for_connect()).await;
//! let shared = RedisLimits::new(client).start();
//! let layer = RateLimitLayer::new([Tier::auth(10, Duration::from_secs(900))])?.with_shared(shared);
//! # Ok(())
//! # }
//! ```
//!
//! | key | type | lives |
//! |---|---|---|
//! | `campotech:limit:{203.0.113.7/32}:standard` of a GCRA tier | string: when its debt is paid, in microseconds | until then, and a second |
//! | `campotech:limit:{203.0.113.7/32}:auth` of an exact tier | list: when its requests were admitted | a window and a second after the last |
//! | `campotech:limit:replicas` | sorted set: when each replica was last alive | 30 s |
//!
//! What is counted (a network, or the digest of something else) is the hash tag: in a cluster all tiers of one key are in one
//! slot, and are decided by one call. Tiers of other keys are asked one after the other; where one refuses, those before
//! it take back what they counted. Keys name networks, which may be personal data; they expire by themselves.
//!
//! The driver never retries: a decision whose answer was lost is counted at most once. One that was sent and not
//! answered in time may still be counted when the server wakes up, besides having been decided by the share.

mod driver;
mod fault;
mod limits;
mod script;
#[cfg(test)]
mod tests;

pub use limits::RedisLimits;
