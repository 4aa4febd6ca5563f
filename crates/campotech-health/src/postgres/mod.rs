//! A PostgreSQL database behind a deadpool-postgres pool.

mod check;
mod migrations;
mod question;
mod reasons;
mod usage;

pub use check::Postgres;
