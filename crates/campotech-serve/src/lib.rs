#![doc = include_str!("../README.md")]

mod accept;
mod connection;
mod error;
mod server;
mod settings;
mod shutdown;
mod stats;

pub use error::{ConfigError, ServeError};
pub use server::Server;
pub use shutdown::{DrainReport, Shutdown, Trigger, shutdown_pair};
pub use stats::{ServeSnapshot, ServeStats};
