//! Time as the limiters count it.

use std::time::Instant;

use campotech_core::Clock;

/// The nanoseconds since `start`; none before it.
#[inline]
pub(crate) fn nanos_since(clock: &impl Clock, start: Instant) -> u64 {
    let passed = clock.now().saturating_duration_since(start);
    passed.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(passed.subsec_nanos()))
}
