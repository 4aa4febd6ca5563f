//! Everything at once on this machine: server, PostgreSQL, Redis, exporters, Prometheus and Alertmanager, with traffic.

mod backfill;
mod drill;
mod expressions;
mod postgres;
mod prometheus;
mod receiver;
mod run;
mod site;
mod traffic;

pub use expressions::Evaluated;
pub use prometheus::{Client, QueryError};
pub use receiver::{Delivery, Receiver};
pub use run::{LiveError, Options, run};
pub use site::Site;
