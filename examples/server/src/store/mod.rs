//! Where everything is kept. Whatever a method here has answered is on the disk.
//!
//! [`Store`] is what handlers and worker see; [`EmbeddedStore`] keeps it in one file (redb), [`PostgresStore`] in a
//! database. Times are passed in, so that nothing here has a clock of its own.

mod answers;
mod embedded;
mod error;
mod facade;
mod postgres;

pub use answers::{
    Accepted, Claimed, Completed, DeadLetter, Expired, JobQuery, Lending, Page, PageKey, QueueDepth,
    QueueEntry, QueueStats, StatusChange,
};
pub use embedded::EmbeddedStore;
pub use error::{Conflict, StorageFault, StoreError};
pub use facade::Store;
pub use postgres::{DatabaseSettings, MAX_POOL, PostgresStore};
