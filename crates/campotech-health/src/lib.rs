#![doc = include_str!("../README.md")]

pub mod check;
mod error;
mod health;
#[cfg(feature = "http-check")]
pub mod http_check;
mod reason;
pub mod service;
mod state;

pub use campotech_core::ComponentStatus;
pub use check::{Check, CheckFn, CheckResult, Component, Criticality, check_fn};
pub use error::{ConfigError, StartError};
pub use health::{Health, HealthBuilder, ReadinessLatch};
#[cfg(feature = "http-check")]
pub use http_check::HttpCheck;
pub use reason::Reason;
pub use service::{Details, HealthBody, HealthService};
pub use state::{ComponentSnapshot, Phase, Snapshot};
