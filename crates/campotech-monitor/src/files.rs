//! Where the files of the monitoring are.

use std::path::{Path, PathBuf};

/// The workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// `infrastructure/monitoring`.
#[must_use]
pub fn monitoring() -> PathBuf {
    workspace().join("infrastructure/monitoring")
}

/// `docs/runbooks`.
#[must_use]
pub fn runbooks() -> PathBuf {
    workspace().join("docs/runbooks")
}
