//! A process and all below it.
//!
//! Signals to a process group don't reach them: every PostgreSQL backend leads a session of its own.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take to stop or to end when the kernel says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that can't be taken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pid: Pid,
    born: u64,
}

#[derive(Debug)]
struct Stat {
    state: u8,
    parent: i32,
    born: u64,
}

impl Process {
    /// The process that has this number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(pid.try_into().ok()?)?;
        Stat::read(pid).map(|stat| Self { pid, born: stat.born })
    }

    pub(crate) fn signal(self, signal: Signal) {
        if self.stat().is_some() {
            let _ = kill_process(self.pid, signal);
        }
    }

    /// A zombie is as good as gone: whoever is to collect it may never do so.
    fn stat(self) -> Option<Stat> {
        Stat::read(self.pid).filter(|stat| stat.born == self.born && stat.state != b'Z')
    }

    fn await_state(self, what: &str, reached: impl Fn(Option<Stat>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !reached(self.stat()) {
            assert!(Instant::now() < deadline, "process {} was told to {what} and did not", self.pid);
            sleep(Duration::from_millis(1));
        }
    }
}

impl Stat {
    fn read(pid: Pid) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name comes second, in parentheses, and may hold anything.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line[line.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?.bytes().next()?;
        let parent = fields.next()?.parse().ok()?;
        let born = fields.nth(17)?.parse().ok()?;
        Some(Self { state, parent, born })
    }
}

/// Stops them all: parents first, so that none is born behind our back.
pub(crate) fn freeze(root: Process) -> Vec<Process> {
    let mut stopped = Vec::new();
    let mut found = vec![root];
    while !found.is_empty() {
        for process in &found {
            process.signal(Signal::STOP);
            process.await_state("stop", |stat| stat.is_none_or(|stat| matches!(stat.state, b'T' | b't')));
        }
        stopped.append(&mut found);
        found = below(&stopped);
    }
    stopped
}

/// Lets them all go on.
pub(crate) fn thaw(root: Process) {
    let mut all = vec![root];
    let mut found = below(&all);
    while !found.is_empty() {
        all.append(&mut found);
        found = below(&all);
    }
    for process in all.iter().rev() {
        process.signal(Signal::CONT);
    }
}

/// Ends them all at once, as a power cut does.
pub(crate) fn kill(root: Process) {
    let all = freeze(root);
    for process in &all {
        process.signal(Signal::KILL);
    }
    for process in &all {
        process.await_state("end", |stat| stat.is_none());
    }
}

/// Children of `known` that aren't known.
fn below(known: &[Process]) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter_map(|pid| {
        let stat = Stat::read(pid).filter(|stat| stat.state != b'Z')?;
        let process = Process { pid, born: stat.born };
        let of_theirs = known.iter().any(|parent| parent.pid.as_raw_nonzero().get() == stat.parent);
        (of_theirs && !known.contains(&process)).then_some(process)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_may_hold_anything() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 100 200";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.state, stat.parent, stat.born), (b'S', 7, 987_654));
        assert!(Stat::parse("42 (cut").is_none());
    }

    #[test]
    fn grandchildren_stop_go_on_and_end() {
        let mut child = Command::new("sh")
            .args(["-c", "setsid sh -c 'sleep 600 & wait' & wait"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let root = Process::of(child.id()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let all = loop {
            let all = freeze(root);
            thaw(root);
            if all.len() == 3 {
                break all;
            }
            assert!(Instant::now() < deadline, "{all:?}");
        };
        assert!(all.iter().all(|process| process.stat().is_some_and(|stat| stat.state != b'T')));
        freeze(root);
        assert!(all.iter().all(|process| process.stat().is_some_and(|stat| stat.state == b'T')));
        kill(root);
        child.wait().unwrap();
        assert!(all.iter().all(|process| process.stat().is_none()));
        assert_eq!(Process::of(child.id()), None);
    }
}
