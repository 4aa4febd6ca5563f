//! What is asked for at each scrape: the process, the runtimes, Redis clients, closures that were handed in, registered metrics.

mod asker;
mod process;
#[cfg(feature = "fred")]
mod redis;
mod registry;
mod runtime;
mod watch;

pub(crate) use asker::{Asker, Askers, Question, Source};
pub(crate) use process::Process;
#[cfg(feature = "fred")]
pub(crate) use redis::RedisClients;
pub(crate) use registry::Registrations;
pub(crate) use runtime::Runtimes;
pub(crate) use watch::Watches;
