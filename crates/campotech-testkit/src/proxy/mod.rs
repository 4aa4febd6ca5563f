//! A TCP proxy that fails as networks do.

mod connection;
mod fault;
mod server;

pub use fault::Fault;
pub use server::FaultProxy;
