//! `grpc.health.v1.Health`: the same state, for clients that speak gRPC.

mod service;
mod subject;
mod watch;

pub use service::GrpcHealth;
pub use watch::GrpcWatch;
