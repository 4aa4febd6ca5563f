//! One server process, its directory and its log.

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::guard::Guard;
use super::tree::{self, Process};
use super::{Account, write_private};

/// How long a server may take to start or to stop: a machine may be busy with other tests.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// Tells its own number and start to the guard before it becomes the server, so that there is no moment in which the
/// server runs and the guard knows nothing of it.
///
/// It leads a session of its own: otherwise the kernel, when the test ends and finds a stopped process in the server's
/// group, sends `SIGHUP` and `SIGCONT` to all of it, in the middle of the guard's work.
const TELL: &str = r#"
tell() { shift 19; echo "$$ $1"; }
IFS= read -r line <"/proc/$$/stat"
IFS=' '
tell ${line##*) }
exec setsid "$@" >&2
"#;

/// Why a server did not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// Somebody else has its port.
    AddressInUse,
    /// Anything else, with the log.
    Failed(String),
}

impl StartError {
    /// Fails the test of a server that has to keep its port.
    pub(crate) fn fail(self, addr: SocketAddr) -> ! {
        match self {
            Self::AddressInUse => panic!("{addr} is taken"),
            Self::Failed(why) => panic!("{why}"),
        }
    }
}

/// A server that can be stopped, frozen, killed and started again.
#[derive(Debug)]
pub(crate) struct Server {
    guard: Guard,
    account: Account,
    log: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    /// How the last one ended.
    ended: Option<ExitStatus>,
    frozen: bool,
}

impl Server {
    /// A directory and a guard; nothing runs yet.
    pub(crate) fn new(account: Account) -> Self {
        let guard = Guard::start(account);
        let log = guard.dir().join("log");
        write_private(&log, account, "");
        Self { guard, account, log, state: Mutex::default() }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.guard.dir()
    }

    /// Writes a file of the server's directory, for its eyes only.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir().join(name);
        write_private(&path, self.account, text);
        path
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Runs a command of `args` to its end.
    pub(crate) async fn run(&self, command: &[&str], input: Option<File>) -> Result<(), String> {
        self.spawn(command, &[], input);
        let status = self.exit().await;
        let failed = || format!("{} ended with {status}; its log:\n{}", command[0], self.log());
        if status.success() { Ok(()) } else { Err(failed()) }
    }

    /// Starts `command` and waits until `ready`.
    pub(crate) async fn start<F>(&self, command: &[&str], ready: impl Fn(u32) -> F) -> Result<(), StartError>
    where
        F: Future<Output = bool>,
    {
        self.start_with(command, &[], ready).await
    }

    /// [`start`](Self::start) with variables.
    pub(crate) async fn start_with<F>(
        &self,
        command: &[&str],
        envs: &[(String, String)],
        ready: impl Fn(u32) -> F,
    ) -> Result<(), StartError>
    where
        F: Future<Output = bool>,
    {
        let old = self.log().len();
        let pid = self.spawn(command, envs, None);
        let deadline = Instant::now() + DEADLINE;
        let why = loop {
            if ready(pid).await {
                return Ok(());
            }
            if let Some(status) = self.exited() {
                break format!("ended with {status}");
            }
            if Instant::now() > deadline {
                break format!("was not ready within {DEADLINE:?}");
            }
            tokio::time::sleep(POLL).await;
        };
        let log = self.log();
        if log[old..].to_ascii_lowercase().contains("address already in use") {
            return Err(StartError::AddressInUse);
        }
        Err(StartError::Failed(format!("{} {why}; its log:\n{log}", command[0])))
    }

    fn spawn(&self, words: &[&str], envs: &[(String, String)], input: Option<File>) -> u32 {
        let mut state = self.state.lock().unwrap();
        assert!(state.child.is_none(), "it runs already");
        let log = OpenOptions::new().append(true).open(&self.log).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", TELL, "sh"]).args(words);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
        command.envs(envs.iter().map(|(name, value)| (name, value)));
        command.stdin(input.map_or_else(Stdio::null, Stdio::from)).stdout(self.guard.ear()).stderr(log);
        command.current_dir(self.dir());
        self.account.apply(&mut command);
        let child = command.spawn().unwrap();
        let pid = child.id();
        *state = State { child: Some(child), ended: None, frozen: false };
        pid
    }

    /// Whether it runs and isn't frozen.
    pub(crate) fn is_up(&self) -> bool {
        self.exited();
        let state = self.state.lock().unwrap();
        state.child.is_some() && !state.frozen
    }

    /// How it ended, when it did.
    fn exited(&self) -> Option<ExitStatus> {
        let mut state = self.state.lock().unwrap();
        if let Some(status) = state.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
            *state = State { child: None, ended: Some(status), frozen: false };
        }
        state.ended
    }

    async fn exit(&self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.exited() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "it did not end within {DEADLINE:?}; its log:\n{}",
                self.log()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Stops it and all its children where they are.
    pub(crate) fn freeze(&self) {
        let mut state = self.state.lock().unwrap();
        tree::freeze(state.process());
        state.frozen = true;
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        let mut state = self.state.lock().unwrap();
        tree::thaw(state.process());
        state.frozen = false;
    }

    /// Ends it and all its children without a word; nothing happens when it doesn't run.
    pub(crate) fn kill(&self) {
        let mut state = self.state.lock().unwrap();
        if state.child.is_some() {
            tree::kill(state.process());
        }
        if let Some(mut child) = state.child.take() {
            *state = State { child: None, ended: Some(child.wait().unwrap()), frozen: false };
        }
    }

    /// Asks it to end by `signal`, and waits; nothing happens when it doesn't run.
    pub(crate) async fn stop(&self, signal: Signal) {
        {
            let state = self.state.lock().unwrap();
            let Some(process) = state.child.as_ref().map(|_| state.process()) else { return };
            process.signal(signal);
            // A frozen one can't hear.
            tree::thaw(process);
        }
        self.exit().await;
    }
}

impl State {
    /// Not waited for yet, so that its number is still its own.
    fn process(&self) -> Process {
        let child = self.child.as_ref().expect("it doesn't run");
        Process::of(child.id()).expect("a child that was not waited for has its number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.guard.finish() {
            self.kill();
            let _ = std::fs::remove_dir_all(self.guard.dir());
        }
        if let Some(mut child) = self.state.get_mut().ok().and_then(|state| state.child.take()) {
            let _ = child.wait();
        }
    }
}
