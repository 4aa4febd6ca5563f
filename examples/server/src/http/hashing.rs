//! The cap in front of password hashing, for all clients together.

use std::num::NonZeroUsize;
use std::time::Duration;

use axum::body::Body;
use campotech::security::governor::{capacity_problem, tower_governor};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::GlobalKeyExtractor;

/// Hashes that may start at once; the hasher queues what is more than it has cores.
const AT_ONCE: u32 = 32;
/// About what a fast core needs for one: each core gives one back in this time.
const HASH_TIME: Duration = Duration::from_millis(20);

type Cap = GovernorLayer<GlobalKeyExtractor, governor::middleware::NoOpMiddleware, Body>;

/// Answers 503 with `Retry-After` where more hashes are asked for than this machine can do.
pub(super) fn cap() -> Cap {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let quota = GovernorConfigBuilder::default()
        .key_extractor(GlobalKeyExtractor)
        .period(HASH_TIME / u32::try_from(cores).unwrap_or(1))
        .burst_size(AT_ONCE)
        .finish();
    let Some(quota) = quota else { unreachable!("neither the burst nor the period is zero") };
    GovernorLayer::new(quota).error_handler(capacity_problem)
}
