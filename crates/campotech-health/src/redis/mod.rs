//! A Redis or Valkey server, cluster or sentinel group behind a fred client.

mod check;
mod clients;
mod connection;
mod info;
mod reasons;

pub use check::Redis;
