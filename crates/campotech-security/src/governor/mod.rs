//! `tower_governor` with our key and our answer (feature `tower-governor`).
//!
//! For what is dear to compute, whoever asks: a cap on all clients together, in front of password hashing. Quotas of
//! clients are the [`rate_limit`](crate::rate_limit) layer's: its memory is bounded, `tower_governor`'s grows with the
//! number of keys until `limiter().retain_recent()` is called.
//!
//! A refusal for want of capacity is a 503 `temporary-reduced-capacity`, never a 429: this client did nothing wrong.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use std::time::Duration;
//! use axum::routing::{Router, post};
//! use campotech_security::governor::{capacity_problem, tower_governor};
//! use tower_governor::GovernorLayer;
//! use tower_governor::governor::GovernorConfigBuilder;
//! use tower_governor::key_extractor::GlobalKeyExtractor;
//!
//! // 32 at once, then one every 25 ms; no configuration where either is zero.
//! let quota = GovernorConfigBuilder::default()
//!     .key_extractor(GlobalKeyExtractor)
//!     .period(Duration::from_millis(25))
//!     .burst_size(32)
//!     .finish()
//!     .unwrap();
//! // Clones share the count. On the routes that hash and no others; a `route_layer`, so that a 405 costs nothing.
//! let hashing = GovernorLayer::new(quota).error_handler(capacity_problem);
//! let router: Router = Router::new()
//!     .route("/login", post(|| async { "in" }).route_layer(hashing.clone()))
//!     .route("/register", post(|| async { "in" }).route_layer(hashing));
//! # drop(router);
//! # }
//! ```
//!
//! `tower_governor`'s layer knows two response bodies: axum's (with our feature `axum`) and tonic's (with its own feature
//! `tonic`). Its `per_second(2)` means one every two seconds: prefer `period`.

mod key;
mod problem;

pub use key::ClientIpKey;
pub use problem::capacity_problem;
pub use tower_governor;
