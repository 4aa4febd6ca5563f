//! A PostgreSQL database behind a deadpool-postgres pool.

mod check;
mod reasons;
mod saturation;

pub use check::Postgres;
