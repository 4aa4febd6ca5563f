//! What is measured.

use crate::{health, limits, ours, payload, stack, validate, webhook};

/// Runs so many requests, one after the other.
pub type Subject = Box<dyn FnMut(u64)>;

/// Requests that fill tables and caches before anything is counted.
pub const WARM: u64 = 200;

/// Requests that are counted.
pub const REQUESTS: u64 = 1_000;

/// One thing to measure, with what stays when it is taken away.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// The case that has all but what is measured.
    pub floor: &'static str,
    pub begin: fn() -> Subject,
}

/// All cases, floors among them.
pub fn cases() -> Vec<Case> {
    let own = [ours::CASES, stack::bare::CASES, stack::ours::CASES, health::ours::CASES, health::bare::CASES];
    let own = own.into_iter().chain([payload::CASES, webhook::CASES, limits::ours::CASES]);
    let own = own.chain([validate::floor::CASES, validate::form::CASES]);
    #[cfg(feature = "peers")]
    let peers = [crate::peers::CASES, stack::assembled::CASES, health::peers::CASES, limits::peers::CASES];
    #[cfg(not(feature = "peers"))]
    let peers: [&[Case]; 0] = [];
    own.chain(peers).flatten().copied().collect()
}
