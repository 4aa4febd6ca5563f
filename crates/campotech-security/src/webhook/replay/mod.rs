//! What was here before: a valid signature says who wrote a request, not that it was sent once.
//!
//! A request is claimed before the service sees it, settled once it was answered well, and released when it was not, so
//! that the sender's next try is taken. A claim is forgotten a window after it was made; until then nothing drives it out.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod store;

pub use memory::InMemoryReplays;
#[cfg(feature = "redis")]
pub use redis::RedisReplays;
pub use store::{Claim, NoReplays, ReplayFault, ReplayKey, ReplayStore, Ticket};
