//! Where the programs are that these tests need.

use std::path::{Path, PathBuf};

/// The program, in the tests' own tools or in `PATH`.
pub(crate) fn tool(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(tools().join("bin")).chain(std::env::split_paths(&path));
    let found = dirs.map(|dir| dir.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: cargo xtask delivery installs '{package}'"))
}

fn tools() -> PathBuf {
    let built =
        std::env::var_os("CARGO_TARGET_DIR").map(|target| PathBuf::from(target).join("delivery-tools"));
    built.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/delivery-tools"))
}
