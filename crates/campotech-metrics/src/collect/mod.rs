//! What is asked for at each scrape: the process, the runtimes, and closures that were handed in.

mod process;
mod runtime;
mod watch;

pub(crate) use process::Process;
pub(crate) use runtime::Runtimes;
pub(crate) use watch::{Watches, ask};
