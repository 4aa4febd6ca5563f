//! The port between the layer and a store that several replicas share; `redis` has a driver for it.
//!
//! The layer asks through [`SharedLimits`]; a driver takes each [`Question`] out of [`Questions`] and answers it. The
//! request waits for the answer, but no longer than the deadline. Whenever there is none (the store is
//! [away](Sharing::Away), the queue is full, the driver is gone, it dropped the question, it is late), the layer
//! decides at once by itself, by this replica's share of the quota: the limit divided by the
//! [replicas](Questions::set_replicas) last seen, rounded up (or as the tier's [`Outage`](super::Outage) says). What the store admits is recorded in the layer's own
//! tiers too, so that the share counts what this replica has let by already.
//!
//! ```
//! use std::time::Duration;
//!
//! use campotech_security::rate_limit::shared::{SharedLimits, Sharing};
//! use campotech_security::rate_limit::{RateLimitLayer, Standing, Tier};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), campotech_security::ConfigError> {
//! let (shared, mut questions) = SharedLimits::channel(Duration::from_millis(50));
//! let layer = RateLimitLayer::new([Tier::auth(10, Duration::from_secs(900))])?.with_shared(shared);
//! tokio::spawn(async move {
//!     questions.set(Sharing::Shared);
//!     while let Some(question) = questions.recv().await {
//!         if question.gives_back() {
//!             continue; // a tier with `count_only`: take its cost off again
//!         }
//!         // Ask the store; all tiers of a question at once.
//!         let standings = question.tiers().map(|tier| Standing::new(true, tier.quota.limit() - 1, tier.quota.window()));
//!         let standings: Vec<_> = standings.collect();
//!         question.answer(standings);
//!     }
//! });
//! # Ok(())
//! # }
//! ```

mod limits;
mod question;
mod status;

pub use limits::{Questions, SharedLimits};
pub(super) use question::{Asked, MOST, Told};
pub use question::{Question, SharedTier, Taken};
pub use status::{Sharing, StoreFault};
