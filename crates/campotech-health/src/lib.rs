#![doc = include_str!("../README.md")]

pub mod check;
mod error;
mod health;
#[cfg(feature = "http-check")]
pub mod http_check;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod link;
#[cfg(feature = "postgres")]
pub mod postgres;
mod reason;
#[cfg(feature = "redis")]
pub mod redis;
pub mod service;
mod state;

pub use campotech_core::ComponentStatus;
pub use check::{Check, CheckFn, CheckResult, Component, Criticality, check_fn};
pub use error::{ConfigError, StartError};
pub use health::{Health, HealthBuilder, ReadinessLatch};
#[cfg(feature = "http-check")]
pub use http_check::HttpCheck;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use reason::Reason;
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use service::{Details, HealthBody, HealthService};
pub use state::{ComponentSnapshot, Phase, Snapshot};
