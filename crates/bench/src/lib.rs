//! What the crates cost: beside nothing (gates, counted) and beside their peers (bars, measured in the same run).

pub mod allocations;
pub mod case;
pub mod gates;
pub mod instructions;
pub mod ours;
pub mod pairs;
pub mod service;

pub use case::{Case, REQUESTS, Subject, WARM, cases};
