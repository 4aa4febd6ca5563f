#![doc = include_str!("../README.md")]
#![allow(clippy::unwrap_used, reason = "a probe that can't do its work fails the test that uses it")]

mod body;
mod certificate;
mod daemon;
mod hyper_server;
mod observer;
mod postgres;
mod process;
mod proxy;
mod raw;
mod redis;
mod spotlight;

pub use body::{ScriptedBody, ScriptedError, Step};
pub use certificate::Certificate;
pub use daemon::{Daemon, DaemonBuilder};
pub use hyper_server::HyperServer;
pub use observer::RecordingObserver;
pub use postgres::{Postgres, PostgresBuilder};
pub use proxy::{Fault, FaultProxy};
pub use raw::{RawConnection, RawResponse};
pub use redis::{Redis, RedisBuilder, RedisCluster, RedisSentinel};
pub use spotlight::{Spotlight, tools};
