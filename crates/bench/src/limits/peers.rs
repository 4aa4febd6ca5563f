//! governor, and `tower_governor` over it.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, MonotonicClock, QuantaClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tower::Layer;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;

use super::ours::{FLOOR, KEYS, of_a_client};
use crate::service::{Nothing, driven};
use crate::{Case, Subject};

pub const LAYER: &str = "tower_governor.layer";
pub const LAYER_WITH_HEADERS: &str = "tower_governor.layer_with_headers";

pub const CASES: &[Case] = &[
    Case { name: LAYER, floor: FLOOR, begin: layer },
    Case { name: LAYER_WITH_HEADERS, floor: FLOOR, begin: layer_with_headers },
];

fn layer() -> Subject {
    let quota = GovernorConfigBuilder::default().per_nanosecond(1).burst_size(1_000_000_000).finish();
    driven(GovernorLayer::new(Arc::new(quota.expect("a quota"))).layer(Nothing), of_a_client)
}

/// It tells where a client stands, as ours does.
fn layer_with_headers() -> Subject {
    let mut quota = GovernorConfigBuilder::default();
    quota.per_nanosecond(1).burst_size(1_000_000_000);
    let quota = quota.use_headers().finish().expect("a quota");
    driven(GovernorLayer::new(Arc::new(quota)).layer(Nothing), of_a_client)
}

/// Decisions about one key, by the processor's counter.
pub fn one_key() -> Subject {
    checked(1, QuantaClock::default())
}

/// Decisions about one key, by the system's clock.
pub fn one_key_by_the_system() -> Subject {
    checked(1, MonotonicClock)
}

/// Decisions about many keys, one after the other, by the processor's counter.
pub fn many_keys() -> Subject {
    checked(KEYS, QuantaClock::default())
}

fn checked<C: Clock + Send + 'static>(keys: u64, clock: C) -> Subject
where
    C::Instant: Send + Sync,
{
    let quota = Quota::per_second(NonZeroU32::new(1_000_000_000).expect("not 0"));
    let limiter: RateLimiter<_, _, _, NoOpMiddleware<C::Instant>> =
        RateLimiter::new(quota, DefaultKeyedStateStore::<u64>::default(), clock);
    Box::new(move |requests| {
        for n in 0..requests {
            black_box(limiter.check_key(black_box(&(n % keys))).is_ok());
        }
    })
}
