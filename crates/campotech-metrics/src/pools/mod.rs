//! Pools of connections: their state asked for at each scrape, and what their callers went through.

#[cfg(feature = "deadpool")]
mod deadpool;
mod families;
mod handle;

#[cfg(feature = "deadpool")]
pub use self::deadpool::MeasuredPool;
pub(crate) use families::Pools;
pub use handle::{PoolMetrics, PoolState};
