//! A child process whose output is shown as it comes and kept for counting.

use crate::workspace::Workspace;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A command to be run at the root of the workspace.
pub(crate) struct Cmd {
    program: OsString,
    args: Vec<OsString>,
    envs: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) success: bool,
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) lines: Vec<String>,
    shown: String,
    status: String,
}

/// The cargo that runs this program.
pub(crate) fn cargo<S: Into<OsString>>(args: impl IntoIterator<Item = S>) -> Cmd {
    Cmd::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).args(args)
}

impl Cmd {
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), args: Vec::new(), envs: Vec::new(), dir: None }
    }

    pub(crate) fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.envs.push((key.into(), value.into()));
        self
    }

    pub(crate) fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// Only when it can't be started or read; a command that fails is told by [`Done::success`].
    pub(crate) fn run(self, workspace: &Workspace) -> Result<Done, String> {
        let shown = self.shown();
        say(&format!("  $ {shown}"));
        let broken = |why: std::io::Error| format!("`{shown}`: {why}");
        let (reader, writer) = std::io::pipe().map_err(broken)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env("PATH", workspace.path())
            .envs(self.envs)
            .current_dir(self.dir.as_ref().unwrap_or(&workspace.root))
            .stdin(Stdio::null())
            .stderr(writer.try_clone().map_err(broken)?)
            .stdout(writer);
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let mut child = command.spawn().map_err(broken)?;
        // It holds the writing end: while it lives, the reader below never sees the end.
        drop(command);
        let lines = tee(BufReader::new(reader)).map_err(broken)?;
        let status = child.wait().map_err(broken)?;
        Ok(Done { success: status.success(), code: status.code(), lines, shown, status: status.to_string() })
    }

    fn shown(&self) -> String {
        let program = self.program.as_os_str();
        let name = std::path::Path::new(program).file_name().unwrap_or(program);
        let words = std::iter::once(name).chain(self.args.iter().map(OsString::as_os_str));
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

impl Done {
    /// The failure of a command as text.
    pub(crate) fn success(self) -> Result<(), String> {
        if self.success { Ok(()) } else { Err(format!("`{}`: {}", self.shown, self.status)) }
    }
}

fn tee(mut from: impl BufRead) -> std::io::Result<Vec<String>> {
    let (mut lines, mut raw) = (Vec::new(), Vec::new());
    while from.read_until(b'\n', &mut raw)? > 0 {
        let line = String::from_utf8_lossy(&raw);
        let line = line.trim_end_matches(['\n', '\r']);
        say(line);
        lines.push(plain(line));
        raw.clear();
    }
    Ok(lines)
}

/// Prints a line; a reader that went away (`| head`) is no reason to stop testing.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace::load().expect("the workspace is readable")
    }

    #[test]
    fn both_streams_are_kept_in_order_and_failure_is_told() {
        let script = "echo one; echo two >&2; printf three; exit 3";
        let done = Cmd::new("sh").args(["-c", script]).run(&workspace()).unwrap();
        assert_eq!(done.lines, ["one", "two", "three"]);
        assert!(!done.success);
        let why = done.success().unwrap_err();
        assert!(why.contains("exit status: 3"), "{why}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let why = Cmd::new("no-such-program-here").run(&workspace()).unwrap_err();
        assert!(why.starts_with("`no-such-program-here`:"), "{why}");
    }

    #[test]
    fn colours_are_dropped() {
        assert_eq!(plain("\u{1b}[1m\u{1b}[32mtest\u{1b}[0m ok"), "test ok");
        assert_eq!(plain("plain"), "plain");
    }
}
