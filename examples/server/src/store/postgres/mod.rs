//! Everything in PostgreSQL, where replicas share it.
//!
//! A change is one statement, and so one transaction: there is nothing to roll back when its caller goes away
//! half-way. Everything has a deadline here, since a frozen server keeps its connections open and says nothing.

mod connection;
mod customers;
mod database;
mod dead;
mod error;
mod housekeeping;
mod jobs;
mod messages;
mod migrations;
mod outbox;
mod paging;
mod settings;
mod store;
mod users;

pub use settings::{DatabaseSettings, MAX_POOL};
pub use store::PostgresStore;
