#![doc = include_str!("../README.md")]

#[cfg(any(feature = "http-check", feature = "network", feature = "system"))]
mod aside;
#[cfg(any(feature = "network", feature = "postgres", feature = "redis", feature = "system"))]
mod bounds;
pub mod check;
#[cfg(any(feature = "http-check", feature = "network"))]
mod dial;
mod error;
#[cfg(feature = "grpc")]
pub mod grpc;
mod health;
#[cfg(feature = "http-check")]
pub mod http_check;
#[cfg(any(
    feature = "http-check",
    feature = "network",
    feature = "postgres",
    feature = "redis",
    feature = "system"
))]
mod link;
#[cfg(feature = "network")]
pub mod network;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod queue;
mod reason;
#[cfg(feature = "redis")]
pub mod redis;
pub mod service;
mod state;
#[cfg(feature = "system")]
pub mod system;
mod watchdog;

pub use campotech_core::{ComponentStatus, Measure};
pub use check::{Check, CheckFn, CheckResult, Component, Criticality, Measures, check_fn};
pub use error::{ConfigError, StartError, WatchError};
#[cfg(feature = "grpc")]
pub use grpc::GrpcHealth;
pub use health::{Health, HealthBuilder, ReadinessLatch};
#[cfg(feature = "http-check")]
pub use http_check::HttpCheck;
#[cfg(feature = "network")]
pub use network::{DnsCheck, TcpCheck};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use queue::{Backlog, PoolCheck, PoolUsage, QueueCheck};
pub use reason::Reason;
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use service::{Details, HealthBody, HealthLayer, HealthService};
pub use state::{ComponentSnapshot, HealthEvent, Phase, Snapshot};
#[cfg(feature = "system")]
pub use system::{DiskCheck, MemoryCheck};
pub use watchdog::Watchdog;
