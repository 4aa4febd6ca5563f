//! Nothing stays behind, however a test ends. A test starts itself once more as a process of its own, and ends that.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use campotech_testkit::{Postgres, Redis};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

const CHILD: &str = "CAMPOTECH_TESTKIT_CHILD";
const DEADLINE: Duration = Duration::from_secs(30);

/// A process number and the start of the process that has it.
type Process = (u32, u64);

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Servers in all their states, with an open session.
async fn servers() -> (Postgres, Postgres, Redis, Redis, tokio_postgres::Client) {
    let (pg, redis) = (Postgres::start().await, Redis::start().await);
    let standby = pg.standby().await;
    let (frozen, killed) = (Redis::start().await, &standby);
    let session = pg.admin().await;
    pg.freeze();
    frozen.freeze();
    killed.kill().await;
    (pg, standby, redis, frozen, session)
}

/// This test as a child, with a place of its own for what it makes.
fn child(test: &str, place: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .env("TMPDIR", place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn place() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    // PostgreSQL may run as another user.
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o1777)).unwrap();
    dir
}

/// Waits until the child says that it is ready.
fn until_ready(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().ends_with("ready")).expect("the child ended early").unwrap();
}

/// As nextest ends a test that takes too long.
fn kill(child: &mut Child) {
    kill_process_group(Pid::from_child(child), Signal::KILL).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

fn stat(pid: u32) -> Option<(u32, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = text[text.rfind(')')? + 2..].split(' ').collect();
    (fields[0] != "Z").then(|| (fields[1].parse().unwrap(), fields[19].parse().unwrap()))
}

fn all() -> impl Iterator<Item = u32> {
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// All processes below `root`.
fn below(root: u32) -> BTreeSet<Process> {
    let (mut found, mut parents) = (BTreeSet::new(), BTreeSet::from([root]));
    loop {
        let known = parents.len();
        for pid in all() {
            if let Some((parent, start)) = stat(pid)
                && parents.contains(&parent)
            {
                parents.insert(pid);
                found.insert((pid, start));
            }
        }
        if parents.len() == known {
            return found;
        }
    }
}

/// Processes of `those` that still run.
fn running(those: &BTreeSet<Process>) -> Vec<u32> {
    let runs = |process: &&Process| stat(process.0).is_some_and(|(_, start)| start == process.1);
    those.iter().filter(runs).map(|process| process.0).collect()
}

/// Segments of shared memory that `those` made.
fn segments(those: &BTreeSet<Process>) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let maker = |line: &&str| line.split_ascii_whitespace().nth(4).and_then(|pid| pid.parse().ok());
    let theirs =
        |line: &&str| maker(line).is_some_and(|pid: u32| those.iter().any(|process| process.0 == pid));
    table.lines().skip(1).filter(theirs).map(str::to_owned).collect()
}

/// What is in `place` besides the packed data directory that later tests use.
fn files(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| !path.file_name().unwrap().to_str().unwrap().contains("testkit")).collect()
}

/// Processes that work below `place`.
fn working_in(place: &Path) -> Vec<u32> {
    let works =
        |pid: &u32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(place));
    all().filter(works).collect()
}

/// What `those` and `place` still hold: processes, memory, files.
type Left = (Vec<u32>, Vec<String>, Vec<PathBuf>);

fn left(place: &Path, those: &BTreeSet<Process>) -> Left {
    let mut processes = running(those);
    processes.extend(working_in(place));
    (processes, segments(those), files(place))
}

fn until_nothing_is_left(place: &Path, those: &BTreeSet<Process>) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let left = left(place, those);
        if left == Left::default() {
            return;
        }
        assert!(Instant::now() < deadline, "left: {left:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_test_that_is_killed_leaves_nothing() {
    if is_child() {
        let _servers = servers().await;
        println!("ready");
        std::future::pending::<()>().await;
    }
    let place = place();
    let mut child = child("a_test_that_is_killed_leaves_nothing", place.path());
    until_ready(&mut child);
    let processes = below(child.id());
    // Four guards, two Redis, a PostgreSQL with its own processes and a session.
    assert!(processes.len() > 10, "{processes:?}");
    assert_eq!(files(place.path()).len(), 4);
    assert!(!segments(&processes).is_empty());
    kill(&mut child);
    until_nothing_is_left(place.path(), &processes);
}

#[tokio::test]
async fn a_test_that_panics_leaves_nothing() {
    if is_child() {
        let _servers = servers().await;
        println!("ready");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        panic!("as tests do");
    }
    let place = place();
    let mut child = child("a_test_that_panics_leaves_nothing", place.path());
    until_ready(&mut child);
    let processes = below(child.id());
    assert!(processes.len() > 10, "{processes:?}");
    assert!(!child.wait().unwrap().success());
    assert_eq!(left(place.path(), &processes), Left::default());
}

/// There is no moment at which a server runs and nobody knows of it.
#[tokio::test]
async fn a_test_that_is_killed_while_it_starts_leaves_nothing() {
    if is_child() {
        println!("ready");
        let _ = tokio::join!(tokio::spawn(servers()), tokio::spawn(servers()));
        std::future::pending::<()>().await;
    }
    let place = place();
    // The first ones end while the template is made.
    for step in 0..16 {
        let mut child = child("a_test_that_is_killed_while_it_starts_leaves_nothing", place.path());
        until_ready(&mut child);
        std::thread::sleep(Duration::from_millis(step * step * 6));
        let processes = below(child.id());
        kill(&mut child);
        until_nothing_is_left(place.path(), &processes);
    }
}

#[tokio::test]
async fn a_server_that_was_killed_leaves_nothing_when_it_is_dropped() {
    if is_child() {
        let pg = Postgres::start().await;
        let processes = below(std::process::id());
        assert!(!segments(&processes).is_empty());
        pg.kill().await;
        drop(pg);
        assert_eq!((running(&processes), segments(&processes)), Default::default());
        println!("ready");
        return;
    }
    let place = place();
    let mut child = child("a_server_that_was_killed_leaves_nothing_when_it_is_dropped", place.path());
    until_ready(&mut child);
    assert!(child.wait().unwrap().success());
    assert_eq!(left(place.path(), &BTreeSet::new()), Left::default());
}
