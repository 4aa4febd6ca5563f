//! The limiter of this house, of one process.

use std::hint::black_box;

use axum::body::Body;
use campotech_core::{ClientIp, Clock, CounterClock, SystemClock};
use campotech_security::rate_limit::{Algorithm, KeyedLimiter, Quota, RateLimitLayer, Tier};
use http::Request;
use tower::Layer;

use crate::service::{Nothing, driven, get};
use crate::{Case, Subject};

/// The floor: the same request without a limit.
pub const FLOOR: &str = "nothing.of_a_client";
pub const LAYER: &str = "security.rate_limit";
/// As tower_governor has it by default.
pub const BY_THE_COUNTER: &str = "security.rate_limit.by_the_counter";
pub const EXACT: &str = "security.rate_limit.exact";

pub const CASES: &[Case] = &[
    Case { name: FLOOR, floor: FLOOR, begin: || driven(Nothing, of_a_client) },
    Case { name: LAYER, floor: FLOOR, begin: || limited(Algorithm::Gcra, ENDLESS) },
    Case { name: BY_THE_COUNTER, floor: FLOOR, begin: by_the_counter },
    Case { name: EXACT, floor: FLOOR, begin: || limited(Algorithm::SlidingLog, Quota::per_second(10_000)) },
];

/// Nobody is refused.
const ENDLESS: Quota = Quota::per_second(1_000_000_000);

/// Keys of the subject that has many.
pub const KEYS: u64 = 100_000;

/// A request whose client is known, as further out it is made known.
pub fn of_a_client() -> Request<Body> {
    let mut request = get();
    request.extensions_mut().insert(ClientIp::new([127, 0, 0, 1].into(), false));
    request
}

fn limited(algorithm: Algorithm, quota: Quota) -> Subject {
    driven(layer(algorithm, quota).layer(Nothing), of_a_client)
}

fn by_the_counter() -> Subject {
    let layer = layer(Algorithm::Gcra, ENDLESS).with_clock(CounterClock::new());
    driven(layer.layer(Nothing), of_a_client)
}

fn layer(algorithm: Algorithm, quota: Quota) -> RateLimitLayer {
    RateLimitLayer::new([Tier::new("bench", quota, algorithm)]).expect("a tier")
}

/// Decisions about one key, by the processor's counter.
pub fn one_key() -> Subject {
    checked(1, CounterClock::new())
}

/// Decisions about one key, by the system's clock.
pub fn one_key_by_the_system() -> Subject {
    checked(1, SystemClock)
}

/// Decisions about many keys, one after the other, by the processor's counter.
pub fn many_keys() -> Subject {
    checked(KEYS, CounterClock::new())
}

fn checked(keys: u64, clock: impl Clock) -> Subject {
    let limiter = KeyedLimiter::<u64>::new(ENDLESS).expect("a quota").with_max_keys(2 * KEYS as usize);
    let limiter = limiter.expect("keys").with_clock(clock);
    Box::new(move |requests| {
        for n in 0..requests {
            black_box(limiter.check(black_box(&(n % keys))));
        }
    })
}
