#![doc = include_str!("../README.md")]

pub mod client_ip;
pub mod cors;
pub mod csrf;
pub mod deadline;
mod error;
#[cfg(feature = "tower-governor")]
pub mod governor;
pub mod headers;
pub mod identity;
pub mod inspect;
mod networks;
pub mod overload;
mod path_pattern;
pub mod payload;
pub mod rate_limit;
pub mod reports;
pub mod request_id;
pub mod webhook;

pub use error::ConfigError;
