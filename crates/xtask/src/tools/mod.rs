//! What the tests need besides a Rust toolchain, in three tables, and how it gets there.

mod apt;
mod npm;
mod pypi;

use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

pub(crate) use pypi::pinned;

/// Makes every tool be there.
///
/// # Errors
/// One line that can be pasted, when something is missing and this program may not install it.
pub(crate) fn ensure(workspace: &Workspace, install: bool) -> StepResult {
    let root = rustix::process::geteuid().is_root();
    let packages = apt::missing();
    let private = pypi::missing(workspace);
    // What Python installs is put into an empty place.
    let node = private || npm::missing(workspace);
    if packages.is_empty() && !private && !node {
        return Ok(Tally::one());
    }
    if !root && !install {
        let by_hand = private.then(|| pypi::by_hand(workspace)).into_iter();
        return Err(paste(&packages, by_hand.chain(node.then(|| npm::by_hand(workspace)))).into());
    }
    if !packages.is_empty() {
        apt::install(workspace, &packages, root)?;
    }
    if private {
        // It builds the whole place anew, also what npm has put there.
        pypi::install(workspace)?;
    }
    if npm::missing(workspace) {
        npm::install(workspace)?;
    }
    let left = apt::missing();
    if left.is_empty() { Ok(Tally::one()) } else { Err(format!("installed, yet not found: {left:?}").into()) }
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
