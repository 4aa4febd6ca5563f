//! Another service's health route as a check.

mod check;
mod connection;
mod target;
#[cfg(feature = "http-check-tls")]
mod tls;

pub use check::HttpCheck;
