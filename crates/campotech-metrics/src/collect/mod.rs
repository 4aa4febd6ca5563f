//! What is asked for at each scrape: the process, the runtimes, closures that were handed in, registered metrics.

mod asker;
mod process;
mod registry;
mod runtime;
mod watch;

pub(crate) use asker::{Asker, Askers, Question, Source};
pub(crate) use process::Process;
pub(crate) use registry::Registrations;
pub(crate) use runtime::Runtimes;
pub(crate) use watch::Watches;
