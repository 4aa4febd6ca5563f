//! Another service's health route as a check.

mod check;
mod connection;
#[cfg(feature = "http-check-tls")]
mod expiry;
mod target;
#[cfg(feature = "http-check-tls")]
mod tls;

pub use check::HttpCheck;
