//! wrk, and what a server has spent on what it asked.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{ASSEMBLED, AXUM, HYPER, OURS};
use crate::pairs::{Pair, median};
use crate::stack::request::HEADERS;
use http::header::HOST;
use std::sync::OnceLock;

/// Rounds in which each server has a turn: a machine that changes its speed changes it for all.
const ROUNDS: usize = 7;

/// Seconds of a turn.
const TURN: &str = "2s";

/// Connections that stay open.
const CONNECTIONS: &str = "64";

const SERVERS: [&str; 4] = [HYPER, OURS, AXUM, ASSEMBLED];

/// What each server has spent on a request in one round: microseconds of CPU, the system's among them.
type Round = [f64; SERVERS.len()];

/// What a request of one of the servers costs beside another's: the medians, and that of the rounds' ratios. All are measured in the same run.
///
/// # Errors
/// One of them doesn't serve, or wrk doesn't ask.
pub fn beside(ours: &str, peer: &str) -> Result<Pair, String> {
    static ROUNDS: OnceLock<Result<Vec<Round>, String>> = OnceLock::new();
    let rounds = ROUNDS.get_or_init(rounds).clone()?;
    let place = |who| SERVERS.iter().position(|server| *server == who).ok_or("nobody that serves");
    let (ours, peer) = (place(ours)?, place(peer)?);
    let of = |value: fn(&Round, [usize; 2]) -> f64| {
        median(rounds.iter().map(|round| value(round, [ours, peer])).collect())
    };
    Ok(Pair {
        ours: of(|round, [ours, _]| round[ours]),
        peer: of(|round, [_, peer]| round[peer]),
        ratio: of(|round, [ours, peer]| round[ours] / round[peer]),
    })
}

fn rounds() -> Result<Vec<Round>, String> {
    let cpus = two_cpus()?;
    let servers: Vec<_> =
        SERVERS.into_iter().map(|who| Served::start(who, &cpus)).collect::<Result<_, _>>()?;
    // What is allocated, mapped and found once belongs to no round.
    servers.iter().try_for_each(|server| server.asked().map(drop))?;
    let round = |n: usize| {
        let mut round = [0.0; SERVERS.len()];
        // Nobody is always the one behind the same other.
        for turn in 0..SERVERS.len() {
            let at = (turn + n) % SERVERS.len();
            // A machine that stops for a moment costs a turn, not the run.
            round[at] = servers[at].asked().or_else(|_| servers[at].asked())?;
        }
        Ok(round)
    };
    (0..ROUNDS).map(round).collect()
}

/// One for the server, one for wrk.
fn two_cpus() -> Result<[String; 2], String> {
    let path = "/proc/self/status";
    let status = std::fs::read_to_string(path).map_err(|why| format!("{path}: {why}"))?;
    first_two(&status).ok_or_else(|| format!("{path}: a server and its clients need a CPU each"))
}

/// The first two of a list such as `0-3,8`.
fn first_two(status: &str) -> Option<[String; 2]> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let ranges = list.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<usize>().ok()?..=last.parse().ok()?)
    });
    let mut cpus = ranges.flatten();
    Some([cpus.next()?, cpus.next()?].map(|cpu| cpu.to_string()))
}

/// A server in a process of its own, on a CPU of its own.
struct Served {
    process: Child,
    /// Open as long as it is to say something.
    _said: BufReader<ChildStdout>,
    url: String,
    /// Of its clients.
    cpu: String,
}

impl Served {
    fn start(who: &str, [own, others]: &[String; 2]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|why| why.to_string())?;
        let mut command = on_cpu(own, program.with_file_name("campotech-bench-server").as_os_str());
        // Its end of input is ours.
        command.arg(who).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|why| format!("{who}: {why}"))?;
        let mut said = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        let read = said.read_line(&mut line);
        let url = format!("http://{}/api/ping", line.trim());
        let served = Self { process, _said: said, url, cpu: others.clone() };
        match read {
            Ok(1..) => Ok(served),
            _ => Err(format!("{who}: it doesn't say where it listens")),
        }
    }

    /// One turn: microseconds of its CPU for each request that wrk says was answered.
    fn asked(&self) -> Result<f64, String> {
        let before = self.ticks()?;
        let mut wrk = on_cpu(&self.cpu, "wrk".as_ref());
        wrk.args(["--threads", "1", "--connections", CONNECTIONS, "--duration", TURN]);
        // It says by itself which host it asks.
        for (name, value) in HEADERS.into_iter().filter(|(name, _)| *name != HOST) {
            wrk.arg("--header").arg(format!("{name}: {value}"));
        }
        let done = wrk.arg(&self.url).output().map_err(|why| format!("wrk: {why}"))?;
        let text = String::from_utf8_lossy(&done.stdout);
        let answered = answered(&text).ok_or_else(|| format!("wrk: {text}"))?;
        Ok((self.ticks()? - before) * 1e6 / TICKS / answered)
    }

    /// User and system time of the process.
    fn ticks(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = std::fs::read_to_string(&path).map_err(|why| format!("{path}: {why}"))?;
        ticks(&stat).ok_or_else(|| format!("{path}: no times"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ticks of a second: what Linux tells user space (`USER_HZ`), on every architecture.
const TICKS: f64 = 100.0;

fn on_cpu(cpu: &str, program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", cpu]).arg(program);
    command
}

/// Fields 14 and 15 of `/proc/PID/stat`; the name before them may have spaces.
fn ticks(stat: &str) -> Option<f64> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
}

/// The requests of a run without errors: an answer that is none of success costs something else.
fn answered(text: &str) -> Option<f64> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    let line = text.lines().find(|line| line.contains(" requests in "))?;
    line.split_whitespace().next()?.parse().ok().filter(|answered| *answered > 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str =
        "  1 threads and 64 connections\n  231234 requests in 2.00s, 25.10MB read\nRequests/sec: 115617.00\n";

    #[test]
    fn only_a_run_without_errors_counts() {
        assert_eq!(answered(DONE), Some(231_234.0));
        assert_eq!(answered(&format!("{DONE}  Non-2xx or 3xx responses: 7\n")), None);
        assert_eq!(answered(&format!("  Socket errors: connect 0, read 1\n{DONE}")), None);
        assert_eq!(answered("  0 requests in 2.00s, 0.00B read\n"), None);
    }

    #[test]
    fn cpus_are_those_that_are_allowed() {
        let of = |list: &str| first_two(&format!("Name: x\nCpus_allowed_list:\t{list}\n"));
        let two = |first: &str, second: &str| Some([first.to_owned(), second.to_owned()]);
        assert_eq!((of("0-3,8"), of("2,5-6"), of("7")), (two("0", "1"), two("2", "5"), None));
    }

    #[test]
    fn times_are_read_behind_a_name_with_spaces() {
        assert_eq!(ticks("7 (a ) b) R 1 2 3 4 5 6 7 8 9 10 41 59 0 0"), Some(100.0));
        assert_eq!(ticks("7 (a) R 1"), None);
    }
}
