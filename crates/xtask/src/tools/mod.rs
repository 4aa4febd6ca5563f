//! What the tests need besides a Rust toolchain, in three tables, and how it gets there.

mod apt;
mod npm;
mod pypi;

use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

pub(crate) use npm::INSTALL as NPM_INSTALL;
pub(crate) use pypi::{AUDIT, TESTS};

/// Makes every tool of the tests be there.
///
/// # Errors
/// One line that can be pasted, when something is missing and this program may not install it.
pub(crate) fn ensure(workspace: &Workspace, install: bool) -> StepResult {
    let packages = apt::missing(apt::TESTS);
    let private = TESTS.missing(workspace);
    // What Python installs is put into an empty place.
    let node = private || npm::missing(workspace);
    if packages.is_empty() && !private && !node {
        return Ok(Tally::one());
    }
    let root = is_root();
    if !root && !install {
        let by_hand = private.then(|| TESTS.by_hand(workspace)).into_iter();
        return Err(paste(&packages, by_hand.chain(node.then(|| npm::by_hand(workspace)))).into());
    }
    if !packages.is_empty() {
        apt::install(workspace, &packages, root)?;
    }
    if private {
        // It builds the whole place anew, also what npm has put there.
        TESTS.install(workspace)?;
    }
    if npm::missing(workspace) {
        npm::install(workspace)?;
    }
    let left = apt::missing(apt::TESTS);
    if left.is_empty() { Ok(Tally::one()) } else { Err(format!("installed, yet not found: {left:?}").into()) }
}

/// Makes every tool of the audit be there.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn ensure_audit(workspace: &Workspace) -> StepResult {
    let private = AUDIT.missing(workspace);
    if private && !is_root() {
        return Err(paste(&apt::missing(apt::AUDIT), [AUDIT.by_hand(workspace)]).into());
    }
    ensure_packages(workspace, apt::AUDIT)?;
    if private {
        AUDIT.install(workspace)?;
    }
    Ok(Tally::one())
}

/// Makes the browser be there.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn ensure_e2e(workspace: &Workspace) -> Result<(), String> {
    ensure_packages(workspace, apt::E2E)
}

fn ensure_packages(workspace: &Workspace, wanted: &[apt::Packaged]) -> Result<(), String> {
    let packages = apt::missing(wanted);
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() {
        return Err(paste(&packages, None));
    }
    apt::install(workspace, &packages, true)?;
    let left = apt::missing(wanted);
    if left.is_empty() { Ok(()) } else { Err(format!("installed, yet not found: {left:?}")) }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The line a person can paste.
fn paste(packages: &[&str], private: impl IntoIterator<Item = String>) -> String {
    let debian = (!packages.is_empty()).then(|| apt::by_hand(packages));
    let line = debian.into_iter().chain(private).collect::<Vec<_>>().join(" && ");
    format!("tools are missing; install them (or add --install, which uses sudo): {line}")
}

/// The program in the caller's `PATH`.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted() {
        let line = paste(&["prometheus", "xz-utils"], Some("python3 -m venv x".to_owned()));
        assert!(!line.contains('\n'));
        let pasted =
            "sudo apt-get install -y --no-install-recommends prometheus xz-utils && python3 -m venv x";
        assert!(line.ends_with(pasted), "{line}");
        assert!(paste(&[], Some("python3".to_owned())).ends_with(": python3"));
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-here").is_none());
        assert!(!is_program(Path::new("/")));
    }
}
