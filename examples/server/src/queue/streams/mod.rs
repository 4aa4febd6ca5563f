//! The queue in Redis: a stream with one consumer group for all replicas.
//!
//! The store's outbox stays the truth. What it handed over is in the stream until the store says that it is done, put
//! off or given up; what Redis forgets is handed over again.

mod scripts;
mod stream;

pub(super) use stream::Receipt;
pub use stream::{StreamFault, StreamQueue};
