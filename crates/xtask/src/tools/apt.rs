//! Debian packages.

use super::{is_program, on_path};
use crate::cmd::Cmd;
use crate::workspace::Workspace;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program and the package that brings it.
pub(super) type Packaged = (&'static str, &'static str);

/// What the audit calls.
pub(super) const AUDIT: &[Packaged] = &[
    ("kubectl", "kubernetes-client"), // renders the overlays; it asks no cluster
    ("shellcheck", "shellcheck"),
];

/// What ratios call besides.
pub(super) const BARS: &[Packaged] = &[
    ("node", "nodejs"), // peers in JavaScript
    ("npm", "npm"),
    ("redis-server", "redis-server"), // the store that limits are shared by
    ("taskset", "util-linux"),        // a server and its clients on a CPU each
    ("wrk", "wrk"),
];

/// What counts instructions.
pub(super) const BENCH: &[Packaged] = &[("valgrind", "valgrind")];

/// What the tests in a browser call besides.
pub(super) const E2E: &[Packaged] = &[
    ("chromium", "chromium"),
    ("openssl", "openssl"), // a certificate of the tests' own
];

/// What the fuzzer's own part is compiled with, and what the private tools are installed with.
pub(super) const FUZZ: &[Packaged] = &[("c++", "g++"), ("python3", "python3-venv")];

/// What makes the image; it needs nothing else.
pub(super) const IMAGE: &[Packaged] = &[("buildah", "buildah"), ("git", "git"), ("strip", "binutils")];

/// What the private tools are installed with.
pub(super) const PYTHON: &[Packaged] = &[("python3", "python3-venv")];

/// What the tests of the delivery call besides.
pub(super) const DELIVERY: &[Packaged] = &[("docker-registry", "docker-registry"), ("skopeo", "skopeo")];

/// What the tests call.
pub(super) const TESTS: &[Packaged] = &[
    ("amtool", "prometheus-alertmanager"), // Alertmanager's configuration; its server comes with it
    ("faketime", "faketime"),              // servers whose clocks disagree
    ("git", "git"),                        // advisory database: cargo-deny reads nothing but a repository
    ("haproxy", "haproxy"),                // the PROXY protocol, and deliveries
    ("node", "nodejs"),                    // the receiver of error events
    ("npm", "npm"),
    ("postgres", "postgresql"), // private servers; the one that the package may start is left alone
    ("prometheus-node-exporter", "prometheus-node-exporter"),
    ("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
    ("prometheus-redis-exporter", "prometheus-redis-exporter"),
    ("promtool", "prometheus"),  // exposition, rules and their tests
    ("python3", "python3-venv"), // the private tools
    ("redis-server", "redis-server"),
    ("setsid", "util-linux"),         // private servers
    ("slowhttptest", "slowhttptest"), // slow clients
    ("tar", "tar"),
    ("xz", "xz-utils"),
];

/// The packages whose program isn't there.
pub(super) fn missing(programs: &[Packaged]) -> Vec<&'static str> {
    let absent = programs.iter().filter(|(program, _)| !there(program));
    absent.map(|(_, package)| *package).collect()
}

/// Where Debian keeps the programs of every PostgreSQL version, outside `PATH`.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// Debian splits Python: the program may be there without what makes a private place.
fn there(program: &str) -> bool {
    let path = on_path(program);
    match program {
        "python3" => path.is_some_and(|python| can_make_places(&python)),
        "postgres" => path.is_some() || in_a_version(Path::new(POSTGRESQL), program),
        _ => path.is_some(),
    }
}

fn in_a_version(parent: &Path, program: &str) -> bool {
    let versions = std::fs::read_dir(parent).into_iter().flatten().flatten();
    versions.into_iter().any(|version| is_program(&version.path().join("bin").join(program)))
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

    #[test]
    fn a_server_counts_where_debian_keeps_it() {
        assert!(in_a_version(Path::new(POSTGRESQL), "postgres"));
        assert!(!in_a_version(Path::new(POSTGRESQL), "postgres-of-nobody"));
        assert!(!in_a_version(Path::new("/usr/lib/no-such-place"), "postgres"));
        assert!(there("postgres") && there("redis-server"));
        assert!(!there("postgres-of-nobody"));
    }
}
