//! What the tests need besides a Rust toolchain, in three tables, and how it gets there.

mod apt;
mod npm;
mod pypi;

use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

pub(crate) use npm::packages as npm_packages;
use pypi::Place;
pub(crate) use pypi::{ATTACK, AUDIT, DELIVERY, FUZZ, TESTS};

/// What a verb needs.
#[derive(Clone, Copy)]
pub(crate) enum Kit {
    Tests,
    Attack,
    Audit,
    Bars,
    Bench,
    Browser,
    Fuzz,
    Image,
    Delivery,
    /// The scanners alone.
    Scan,
    /// What needs no Debian package but Python.
    Prebuilt,
}

impl Kit {
    const fn packages(self) -> &'static [apt::Packaged] {
        match self {
            Self::Tests => apt::TESTS,
            Self::Audit => apt::AUDIT,
            Self::Bars => apt::BARS,
            Self::Bench => apt::BENCH,
            Self::Browser => apt::E2E,
            Self::Fuzz => apt::FUZZ,
            Self::Image => apt::IMAGE,
            Self::Attack | Self::Prebuilt | Self::Scan => apt::PYTHON,
            Self::Delivery => apt::DELIVERY,
        }
    }

    const fn place(self) -> Option<&'static Place> {
        match self {
            Self::Tests | Self::Prebuilt => Some(&TESTS),
            Self::Audit | Self::Scan => Some(&AUDIT),
            Self::Attack => Some(&ATTACK),
            Self::Fuzz => Some(&FUZZ),
            Self::Bars | Self::Bench | Self::Browser | Self::Image => None,
            Self::Delivery => Some(&DELIVERY),
        }
    }

    /// Most verbs call a server that the tests call, too.
    const fn with_others(self) -> &'static [Self] {
        match self {
            Self::Tests => &[Self::Tests],
            Self::Prebuilt => &[Self::Prebuilt],
            Self::Bars => &[Self::Bench, Self::Bars],
            Self::Bench => &[Self::Bench],
            Self::Fuzz => &[Self::Fuzz],
            Self::Image => &[Self::Image],
            Self::Scan => &[Self::Scan],
            Self::Attack => &[Self::Tests, Self::Attack],
            Self::Audit => &[Self::Prebuilt, Self::Audit],
            Self::Browser => &[Self::Tests, Self::Browser],
            Self::Delivery => &[Self::Tests, Self::Image, Self::Delivery],
        }
    }

    const fn has_npm(self) -> bool {
        matches!(self, Self::Tests)
    }
}

/// Makes every tool of this kit be there.
///
/// # Errors
/// One line that can be pasted, when something is missing and this program may not install it.
pub(crate) fn ensure(workspace: &Workspace, kit: Kit, install: bool) -> Result<(), String> {
    let root = is_root();
    let kits = kit.with_others();
    let packages: Vec<_> = kits.iter().flat_map(|kit| apt::missing(kit.packages())).collect();
    let places: Vec<_> =
        kits.iter().filter_map(|kit| kit.place()).filter(|place| place.missing(workspace)).collect();
    // It lies in the tests' place, which Python empties before it installs.
    let emptied = places.iter().any(|place| place.holds_npm());
    let node = kits.iter().any(|kit| kit.has_npm()) && (emptied || npm::missing(workspace));
    if packages.is_empty() && places.is_empty() && !node {
        return Ok(());
    }
    if !root && !install {
        let places = places.iter().map(|place| place.by_hand(workspace));
        return Err(paste(&packages, places.chain(node.then(|| npm::by_hand(workspace)))));
    }
    if !packages.is_empty() {
        apt::install(workspace, &packages, root)?;
    }
    for place in places {
        place.install(workspace)?;
    }
    if node {
        npm::install(workspace)?;
    }
    let left: Vec<_> = kits.iter().flat_map(|kit| apt::missing(kit.packages())).collect();
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
