//! Queues and pools of the service's own: what waits in them, and for how long it has been so.

mod backlog;
mod pool;
#[allow(clippy::module_inception, reason = "the check has the folder's name")]
mod queue;
mod streak;
mod usage;

pub use backlog::Backlog;
pub use pool::PoolCheck;
pub use queue::QueueCheck;
pub(crate) use streak::Streak;
pub use usage::PoolUsage;
