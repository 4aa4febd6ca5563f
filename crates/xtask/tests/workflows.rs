//! What the workflows say agrees with what the workspace says.
#![allow(clippy::unwrap_used, reason = "a file that can't be read fails the test")]

use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Each file's name and text.
fn workflows() -> Vec<(String, String)> {
    let files = fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

/// The words behind `mark`, wherever it is.
fn behind<'t>(text: &'t str, mark: &str) -> impl Iterator<Item = &'t str> {
    let mark = mark.to_owned();
    text.lines().filter_map(move |line| Some(line.split_once(&mark)?.1.trim()))
}

#[test]
fn they_build_with_the_oldest_toolchain_that_is_promised() {
    let manifest: toml::Table = fs::read_to_string(format!("{ROOT}/Cargo.toml")).unwrap().parse().unwrap();
    let promised = manifest["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    let mut found = 0;
    for (name, text) in workflows() {
        for version in behind(&text, "RUSTUP_TOOLCHAIN: \"") {
            let version = version.trim_end_matches('"');
            assert!(
                version == promised || version == format!("{promised}.0"),
                "{name}: {version}, and not {promised}"
            );
            found += 1;
        }
    }
    assert!(found >= 5, "{found} toolchains");
}

#[test]
fn every_verb_that_they_call_is_one() {
    let help = Command::new(env!("CARGO_BIN_EXE_xtask")).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut found = 0;
    for (name, text) in workflows() {
        for words in behind(&text, "cargo --locked xtask ") {
            let verb = words.split_whitespace().next().unwrap();
            assert!(
                help.lines().any(|line| line.trim_start().starts_with(&format!("{verb} "))),
                "{name}: {verb}"
            );
            found += 1;
        }
    }
    assert!(found >= 15, "{found} calls");
}

#[test]
fn nothing_is_allowed_that_a_job_does_not_ask_for() {
    for (name, text) in workflows() {
        assert!(text.contains("\npermissions: {}\n"), "{name}");
    }
}
