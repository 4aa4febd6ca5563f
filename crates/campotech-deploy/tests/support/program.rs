//! The program as a process.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{World, tool};

/// Longer than any run of these tests takes.
const DEADLINE: Duration = Duration::from_secs(120);

/// The program, running.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

/// The program, ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: Vec<String>,
    pub(crate) err: String,
}

impl Program {
    /// With these words, in a world that is at `endpoint`.
    pub(crate) fn start(endpoint: &str, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campotech-deploy"));
        command.args(words);
        for (name, value) in World::environment(endpoint) {
            command.env(name, value);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, seen: Vec::new() }
    }

    /// Reads until it enters this state.
    pub(crate) async fn until(&mut self, state: &str) {
        while let Some(line) = timeout(DEADLINE, self.lines.next_line()).await.unwrap().unwrap() {
            let entered = word(&line) == state;
            self.seen.push(line);
            if entered {
                return;
            }
        }
        panic!("it never came to {state}: {:#?}", self.seen);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Nobody reads any more what it says.
    pub(crate) async fn end_unheard(self) -> i32 {
        let Self { mut child, lines, .. } = self;
        drop(lines);
        child.stderr = None;
        timeout(DEADLINE, child.wait()).await.unwrap().unwrap().code().unwrap()
    }

    /// Reads until it ends.
    pub(crate) async fn end(mut self) -> Ended {
        let mut err = String::new();
        while let Some(line) = timeout(DEADLINE, self.lines.next_line()).await.unwrap().unwrap() {
            self.seen.push(line);
        }
        self.child.stderr.take().unwrap().read_to_string(&mut err).await.unwrap();
        let status = self.child.wait().await.unwrap();
        let code = status.code().unwrap_or_else(|| panic!("{status} {err} {:#?}", self.seen));
        Ended { code, out: self.seen, err }
    }
}

impl Ended {
    /// The states that it went through.
    pub(crate) fn states(&self) -> Vec<&str> {
        self.out.iter().map(|line| word(line)).collect()
    }

    #[track_caller]
    pub(crate) fn assert(&self, code: i32, last: &str) {
        let ended = (self.code, self.states().last().copied().unwrap_or_default());
        assert_eq!(ended, (code, last), "{}\n{}", self.out.join("\n"), self.err);
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, words: &str) {
        self.assert_says_one_of(&[words]);
    }

    pub(crate) fn assert_says_one_of(&self, reasons: &[&str]) {
        let said = format!("{}\n{}", self.out.join("\n"), self.err);
        assert!(reasons.iter().any(|words| said.contains(words)), "none of {reasons:?} is in: {said}");
    }
}

/// The state of a line, after its time.
fn word(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

/// The `aws` program of these tests.
pub(crate) fn aws() -> String {
    tool("aws", "awscli").display().to_string()
}
