//! A private Redis, alone, as a cluster, or watched by sentinels.

mod builder;
mod cluster;
mod nodes;
mod resp;
mod sentinel;
mod server;

pub use builder::RedisBuilder;
pub use cluster::RedisCluster;
pub use sentinel::RedisSentinel;
pub use server::Redis;
