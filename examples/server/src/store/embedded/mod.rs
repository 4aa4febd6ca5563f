//! Everything in one file: redb, a writer thread that commits in groups, and plain functions over a
//! transaction for each kind of record.

mod codec;
mod customers;
mod damaged;
mod dead;
mod entry;
mod housekeeping;
mod jobs;
mod messages;
mod open;
mod outbox;
mod slot;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod users;
mod writer;

pub use store::EmbeddedStore;
