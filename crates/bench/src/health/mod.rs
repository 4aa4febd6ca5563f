//! The probe routes by themselves, under hyper: beside a handler that does nothing but answer, and beside peers.

pub mod bare;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
mod served;

/// What a probe costs in all, its server and its client included.
pub const IDLE: &str = "idle";
