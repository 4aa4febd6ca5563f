//! Debian packages.

use super::on_path;
use crate::cmd::Cmd;
use crate::workspace::Workspace;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program the tests call and the package that brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("git", "git"),              // advisory database: cargo-deny reads nothing but a repository
    ("promtool", "prometheus"),  // exposition checks
    ("python3", "python3-venv"), // the private tools
    ("tar", "tar"),
    ("xz", "xz-utils"),
];

/// The packages whose program isn't there.
pub(super) fn missing() -> Vec<&'static str> {
    let absent = PROGRAMS.iter().filter(|(program, _)| !there(program));
    absent.map(|(_, package)| *package).collect()
}

/// Debian splits Python: the program may be there without what makes a private place.
fn there(program: &str) -> bool {
    on_path(program).is_some_and(|path| program != "python3" || can_make_places(&path))
}

fn can_make_places(python: &Path) -> bool {
    let asked = Command::new(python).args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

pub(super) fn by_hand(packages: &[&str]) -> String {
    format!("sudo apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Installs; the lists are fetched only when the first try fails, as on a machine that never had them.
pub(super) fn install(workspace: &Workspace, packages: &[&str], root: bool) -> Result<(), String> {
    if on_path("apt-get").is_none() {
        return Err(format!(
            "no apt-get here: install what these Debian packages hold: {}",
            packages.join(" ")
        ));
    }
    let apt = |words: &[&str]| {
        let quiet = "DEBIAN_FRONTEND=noninteractive";
        let prefix: &[&str] = if root { &[quiet] } else { &["sudo", quiet] };
        Cmd::new("env").args(prefix.iter().chain(&["apt-get"]).chain(words).copied()).run(workspace)
    };
    let words = [&["install", "-y", "--no-install-recommends"], packages].concat();
    if apt(&words)?.success {
        return Ok(());
    }
    apt(&["update"])?.success()?;
    apt(&words)?.success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_that_can_make_no_place_is_not_there() {
        assert!(!can_make_places(Path::new("/bin/false")));
        assert!(can_make_places(&on_path("python3").unwrap()));
    }
}
