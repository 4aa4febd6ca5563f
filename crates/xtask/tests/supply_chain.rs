//! `deny.toml` bites: a planted crate and a planted licence are caught, a clean project isn't.

use std::io::{Error, Result};
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn package(dir: &Path, name: &str, licence: &str, more: &str) -> Result<()> {
    std::fs::create_dir_all(dir.join("src"))?;
    std::fs::write(dir.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.9.0\"\nedition = \"2024\"\nlicense = \"{licence}\"\n{more}"
    );
    std::fs::write(dir.join("Cargo.toml"), manifest)
}

/// Checks a project with one dependency against the workspace's own rules.
fn deny(dependency: &str, licence: &str) -> Result<Output> {
    let at = tempfile::tempdir()?;
    package(&at.path().join("dep"), dependency, licence, "")?;
    let more = format!("publish = false\n[dependencies]\n{dependency} = {{ path = \"dep\" }}\n");
    package(at.path(), "planted", "MIT", &more)?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| format!("{ROOT}/target"));
    Command::new(format!("{target}/tools/bin/cargo-deny"))
        .args(["--offline", "--manifest-path"])
        .arg(at.path().join("Cargo.toml"))
        .args(["--config", &format!("{ROOT}/deny.toml"), "check", "bans", "licenses", "sources"])
        .output()
        .map_err(|why| {
            Error::new(why.kind(), format!("cargo-deny, which `cargo xtask test` installs: {why}"))
        })
}

fn told(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_clean_project_passes() {
    let out = deny("harmless", "MIT OR Apache-2.0").unwrap();
    assert!(out.status.success(), "{}", told(&out));
}

#[test]
fn a_banned_crate_is_caught() {
    for banned in ["openssl-sys", "native-tls"] {
        let out = deny(banned, "MIT").unwrap();
        assert!(!out.status.success());
        assert!(
            told(&out).contains(&format!("crate '{banned} = 0.9.0' is explicitly banned")),
            "{}",
            told(&out)
        );
    }
}

#[test]
fn a_licence_that_is_not_allowed_is_caught() {
    let out = deny("harmless", "GPL-3.0-only").unwrap();
    assert!(!out.status.success());
    assert!(told(&out).contains("license is not explicitly allowed"), "{}", told(&out));
}
