//! The limiter of this house, of one process.

use std::hint::black_box;

use axum::body::Body;
use campotech_core::ClientIp;
use campotech_security::rate_limit::{Algorithm, KeyedLimiter, Quota, RateLimitLayer, Tier};
use http::Request;
use tower::Layer;

use crate::service::{Nothing, driven, get};
use crate::{Case, Subject};

/// The floor: the same request without a limit.
pub const FLOOR: &str = "nothing.of_a_client";
pub const LAYER: &str = "security.rate_limit";
pub const EXACT: &str = "security.rate_limit.exact";

pub const CASES: &[Case] = &[
    Case { name: FLOOR, floor: FLOOR, begin: || driven(Nothing, of_a_client) },
    Case { name: LAYER, floor: FLOOR, begin: || limited(Algorithm::Gcra, ENDLESS) },
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
    let layer = RateLimitLayer::new([Tier::new("bench", quota, algorithm)]).expect("a tier");
    driven(layer.layer(Nothing), of_a_client)
}

/// Decisions about one key.
pub fn one_key() -> Subject {
    checked(1)
}

/// Decisions about many keys, one after the other.
pub fn many_keys() -> Subject {
    checked(KEYS)
}

fn checked(keys: u64) -> Subject {
    let limiter = KeyedLimiter::<u64>::new(ENDLESS).expect("a quota").with_max_keys(2 * KEYS as usize);
    let limiter = limiter.expect("keys");
    Box::new(move |requests| {
        for n in 0..requests {
            black_box(limiter.check(black_box(&(n % keys))));
        }
    })
}
