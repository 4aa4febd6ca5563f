//! Rate limits: what a decision costs, and what is left of a flood of networks.

#[cfg(feature = "peers")]
pub mod flood;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "peers")]
pub mod shared;
