//! Job events: who changes a job tells everyone who may see it, on every replica.

mod bridge;
mod bus;

pub use bridge::Bridge;
pub use bus::{EventBus, Missed, Subscription};
