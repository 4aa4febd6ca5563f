//! The command line as a person meets it.

use std::process::{Command, Output};

fn xtask(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().expect("xtask starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn alone_it_prints_help() {
    for args in [&[][..], &["help"], &["--help"]] {
        let out = xtask(args);
        assert!(out.status.success());
        assert!(text(&out.stdout).contains("test [STEP...]"), "{out:?}");
    }
}

#[test]
fn an_unknown_verb_exits_2_with_the_list() {
    let out = xtask(&["tset"]);
    assert_eq!(out.status.code(), Some(2));
    let told = text(&out.stderr);
    assert!(told.starts_with("unknown verb `tset`\n") && told.contains("test [STEP...]"), "{told}");
}

#[test]
fn an_unknown_option_exits_2_with_the_usage() {
    for (args, usage) in [
        (["test", "--instal"], "usage: cargo xtask test [STEP...] [--part N/M] [--install]\n"),
        (["attack", "--lnog"], "usage: cargo xtask attack [--long]\n"),
    ] {
        let out = xtask(&args);
        assert_eq!(out.status.code(), Some(2));
        assert_eq!(text(&out.stderr), usage);
    }
}
