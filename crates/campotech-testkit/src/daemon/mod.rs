//! Any other server program.

mod builder;
mod server;

pub use builder::DaemonBuilder;
pub use server::Daemon;
