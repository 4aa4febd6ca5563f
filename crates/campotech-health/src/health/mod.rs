//! The handle, its builder, and the background tasks.

mod builder;
mod handle;
mod latch;
mod prober;
mod supervisor;

pub use builder::HealthBuilder;
pub use handle::Health;
pub use latch::ReadinessLatch;
