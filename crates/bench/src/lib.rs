//! What the crates cost: beside nothing (gates, counted) and beside their peers (bars, measured in the same run).

#[cfg(feature = "peers")]
pub mod apart;
#[cfg(feature = "peers")]
pub mod bars;
pub mod case;
#[cfg(feature = "peers")]
pub mod conservation;
#[cfg(feature = "peers")]
pub mod encode;
#[cfg(feature = "peers")]
pub mod flood;
pub mod gates;
pub mod health;
#[cfg(feature = "peers")]
pub mod inspect;
pub mod instructions;
pub mod limits;
pub mod ours;
pub mod pairs;
pub mod payload;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "peers")]
pub mod scrape;
#[cfg(feature = "peers")]
pub mod server;
pub mod service;
pub mod stack;
pub mod validate;
pub mod webhook;
#[cfg(feature = "peers")]
pub mod words;

pub use case::{Case, REQUESTS, Subject, WARM, cases};
