//! A process that outlives the test and cleans up behind it.

use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::Account;

/// Holds the server's directory, and ends the server when this process does, even by `SIGKILL`.
///
/// A parent-death signal won't do: it comes when the *thread* that started the server ends, and not to backends.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    /// Nobody else holds the writing end: the standard library opens it close-on-exec.
    input: Option<ChildStdin>,
    dir: PathBuf,
}

impl Guard {
    /// A guard in a process group of its own, for a test that runs too long is killed with its group; it holds neither
    /// the test's output nor its working directory.
    pub(super) fn start(account: Account) -> Self {
        let mut command = Command::new("/bin/sh");
        // By the environment, for a list of processes shows arguments.
        command.args(["-c", r#"eval "$CAMPOTECH_GUARD""#, "campotech-guard"]).arg(std::env::temp_dir());
        command.env("CAMPOTECH_GUARD", include_str!("guard.sh")).env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.current_dir("/").process_group(0);
        account.apply(&mut command);
        let mut child = command.spawn().unwrap();
        let mut dir = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut dir).unwrap();
        let dir = dir.strip_suffix('\n').expect("the guard could make no directory").into();
        let input = child.stdin.take();
        Self { child, input, dir }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// For the standard output of a process that tells itself to the guard.
    pub(super) fn ear(&self) -> Stdio {
        self.input.as_ref().unwrap().as_fd().try_clone_to_owned().unwrap().into()
    }

    /// Has it clean up now; whether it did.
    pub(super) fn finish(&mut self) -> bool {
        drop(self.input.take());
        self.child.wait().is_ok_and(|status| status.success())
    }
}
