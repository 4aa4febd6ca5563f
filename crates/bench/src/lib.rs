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
pub mod instructions;
pub mod ours;
pub mod pairs;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "peers")]
pub mod scrape;
pub mod service;
pub mod stack;
#[cfg(feature = "peers")]
pub mod words;

pub use case::{Case, REQUESTS, Subject, WARM, cases};
