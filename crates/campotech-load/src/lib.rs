//! Load, executed: the scenarios of `infrastructure/load-tests` against a server with PostgreSQL and Redis, which is
//! measured meanwhile.

mod fault;
mod growth;
mod k6;
mod plan;
mod run;
mod samples;
mod site;
mod table;

pub use fault::Fault;
pub use growth::{Growth, growth};
pub use k6::K6;
pub use plan::{Fraction, Mode, Scenario, Shape};
pub use run::{LoadError, Options, Outcome, Running, Target, run};
pub use samples::{Sample, Samples};
pub use table::{HEAD, row};

use std::io::Write;
use std::path::{Path, PathBuf};

/// `infrastructure/load-tests`.
#[must_use]
pub fn scripts() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("infrastructure/load-tests")
}

/// Prints a line; a reader that went away is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
