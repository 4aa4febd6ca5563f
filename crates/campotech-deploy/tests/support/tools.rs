//! Where the programs are that these tests need.

use std::path::PathBuf;

/// The program, in one of the private places or in `PATH`.
pub(crate) fn tool(name: &str, package: &str) -> PathBuf {
    let tests = campotech_testkit::tools();
    let private = [tests.with_file_name("delivery-tools"), tests].map(|place| place.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = private.into_iter().chain(std::env::split_paths(&path));
    let found = dirs.map(|dir| dir.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: cargo xtask delivery installs '{package}'"))
}
