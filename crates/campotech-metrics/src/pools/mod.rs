//! Pools of connections: their state asked for at each scrape, and what their callers went through.

mod families;
mod handle;

pub(crate) use families::Pools;
pub use handle::{PoolMetrics, PoolState};
