//! Ten million networks of IPv6 through a limiter of a million keys, a process for each side.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use campotech_core::ClientNetwork;
use campotech_security::rate_limit::{KeyedLimiter, Quota};
use governor::{DefaultKeyedRateLimiter, RateLimiter};

use crate::apart::told;
use crate::flood::resident;

pub const NETWORKS: u64 = 10_000_000;
const CAP: usize = 1_000_000;
/// Who has used all up, and goes on asking.
const ABUSERS: u64 = 1_000;
/// Who asks seldom.
const POLITE: u64 = 1_000;
const LIMIT: u32 = 10;
const WINDOW: Duration = Duration::from_secs(86_400);
/// Between two rounds of those.
const ROUND: u64 = NETWORKS / 8;

/// What is left of the flood.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// What the process has grown by.
    pub bytes: f64,
    /// Abusers who were let pass.
    pub forgiven: f64,
    /// Of the requests of who asks seldom, refused ones.
    pub wrong: f64,
}

/// What is left with ours; several bars are of the same flood.
///
/// # Errors
/// As [`flooded`].
pub fn ours() -> Result<Left, String> {
    static LEFT: OnceLock<Result<Left, String>> = OnceLock::new();
    LEFT.get_or_init(|| flooded("ours")).clone()
}

/// Floods one of the two in a process of its own.
///
/// # Errors
/// It fails, or says something else.
pub fn flooded(who: &str) -> Result<Left, String> {
    told(["networks", who]).map(|[bytes, forgiven, wrong]| Left { bytes, forgiven, wrong })
}

/// Floods, and prints bytes, abusers who were forgiven, and the part of polite requests that was refused.
///
/// # Errors
/// There is no such side.
pub fn flood(who: &str) -> Result<(), String> {
    let left = match who {
        "ours" => {
            let limiter = KeyedLimiter::<ClientNetwork>::new(Quota::new(limit(), WINDOW)).expect("a quota");
            let limiter = limiter.with_max_keys(CAP).expect("keys");
            let before = resident();
            let (forgiven, wrong) = sent(|network| limiter.check(&network).allowed);
            Left { bytes: resident() - before, forgiven, wrong }
        }
        "governor" => {
            let quota = governor::Quota::with_period(WINDOW / LIMIT).expect("a period").allow_burst(limit());
            let limiter: DefaultKeyedRateLimiter<ClientNetwork> = RateLimiter::keyed(quota);
            let before = resident();
            let (forgiven, wrong) = sent(|network| limiter.check_key(&network).is_ok());
            Left { bytes: resident() - before, forgiven, wrong }
        }
        other => return Err(format!("{other}: nobody that can be flooded")),
    };
    println!("{} {} {}", left.bytes, left.forgiven, left.wrong);
    Ok(())
}

fn limit() -> NonZeroU32 {
    NonZeroU32::new(LIMIT).expect("not 0")
}

fn sent(check: impl Fn(ClientNetwork) -> bool) -> (f64, f64) {
    let abuser = |n| ClientNetwork::V6(0x2001_0db8_0001_0000 + n);
    let polite = |n| ClientNetwork::V6(0x2001_0db8_0002_0000 + n);
    for n in 0..ABUSERS {
        while check(abuser(n)) {}
    }
    let (mut forgiven, mut refused, mut asked) = (0_u64, 0_u64, 0_u64);
    for n in 0..NETWORKS {
        check(ClientNetwork::V6(0x2a00_0000_0000_0000 + n.wrapping_mul(0x9e37_79b9) % (1 << 40)));
        if n % ROUND == 0 {
            forgiven += (0..ABUSERS).filter(|n| check(abuser(*n))).count() as u64;
            refused += (0..POLITE).filter(|n| !check(polite(*n))).count() as u64;
            asked += POLITE;
        }
    }
    forgiven += (0..ABUSERS).filter(|n| check(abuser(*n))).count() as u64;
    (forgiven as f64, refused as f64 / asked as f64)
}
