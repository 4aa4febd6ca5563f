//! SIGKILL at any moment: what was acknowledged is there afterwards.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use campotech_server::domain::{Job, JobKind};
use campotech_server::queue::{NoEvents, Worker};
use campotech_server::store::{Accepted, EmbeddedStore, JobQuery, PageKey, Store};
use jiff::Timestamp;
use rand::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{audio, job};

const DIRECTORY: &str = "CAMPOTECH_TEST_CHILD_DIRECTORY";

/// In a child process of a test: the data directory it is to use.
pub(crate) fn in_child() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}

/// This very test once more, in a process of its own.
fn child(test: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Past the capture of the test harness, in one write.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// What the child says after `RESULT `.
pub(crate) fn result_of_child(test: &str, directory: &Path) -> String {
    let output = child(test, directory).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    result.unwrap_or_else(|| panic!("no result in {text}")).to_owned()
}

/// Writes jobs and messages from many tasks, and tells each id as soon as it is acknowledged.
async fn write_until_killed(directory: PathBuf) {
    let store = Store::from(EmbeddedStore::open(directory).await.unwrap());
    tokio::spawn(Worker::new(store.clone(), std::sync::Arc::new(NoEvents)).run(CancellationToken::new()));
    let tasks = (0..16).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                if task % 2 == 0 {
                    let job = job(Some(owner()), Timestamp::now());
                    let id = job.id;
                    store.create_job(job).await.unwrap();
                    tell(&format!("JOB {id}"));
                } else {
                    let id = format!("wamid.{}", Uuid::now_v7());
                    let accepted = store.accept_message(audio(&id), Timestamp::now()).await.unwrap();
                    assert_eq!(accepted, Accepted::New);
                    tell(&format!("MESSAGE {id}"));
                }
            }
        })
    });
    futures_util::future::join_all(tasks).await;
}

fn owner() -> Uuid {
    Uuid::from_u128(7)
}

async fn all_jobs(store: &Store) -> Vec<Job> {
    let (mut all, mut after): (Vec<_>, Option<PageKey>) = (Vec::new(), None);
    loop {
        let page = store.list_jobs(owner(), JobQuery { status: None, after, limit: 100 }).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_loses_nothing_that_was_acknowledged() {
    if let Some(directory) = in_child() {
        return write_until_killed(directory).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut moments = rand::rngs::StdRng::from_os_rng();
    let (mut jobs, mut messages) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let test = "crash::sigkill_loses_nothing_that_was_acknowledged";
        let mut writer = child(test, directory.path());
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let enough = moments.random_range(1..120);
        let before = jobs.len() + messages.len();
        let mut note = |line: String| {
            if let Some(id) = line.strip_prefix("JOB ") {
                jobs.extend(id.parse::<Uuid>());
            } else if let Some(id) = line.strip_prefix("MESSAGE ") {
                messages.push(id.to_owned());
            }
            jobs.len() + messages.len() - before
        };
        while note(lines.next().expect("the writer ended by itself").unwrap()) < enough {}
        std::thread::sleep(Duration::from_micros(moments.random_range(0..5_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        // What is in the pipe was acknowledged too; its last line may be cut.
        for line in lines.map_while(Result::ok) {
            let whole = line.len() >= "JOB ".len() + 36;
            if whole && (line.starts_with("JOB ") || line.len() == "MESSAGE wamid.".len() + 36) {
                note(line);
            }
        }

        let store = Store::from(EmbeddedStore::open(directory.path()).await.unwrap());
        let stored = all_jobs(&store).await;
        for id in &jobs {
            assert!(stored.iter().any(|job| job.id == *id), "round {round}: job {id} is gone");
        }
        for id in &messages {
            let replayed = store.accept_message(audio(id), Timestamp::now()).await.unwrap();
            assert_eq!(replayed, Accepted::Duplicate, "round {round}: message {id} is gone");
        }
        store.close().await.unwrap();
    }
    assert!(!jobs.is_empty() && !messages.is_empty());

    // The queue is worked off: a job for each message, not one more.
    let store = Store::from(EmbeddedStore::open(directory.path()).await.unwrap());
    let stop = CancellationToken::new();
    let worker = Worker::new(store.clone(), std::sync::Arc::new(NoEvents));
    let running = tokio::spawn(worker.run(stop.clone()));
    while store.queue_stats().await.unwrap().voice.size > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    running.await.unwrap();
    let mut of_message = HashSet::new();
    for job in all_jobs(&store).await.into_iter().filter(|job| job.kind == JobKind::Voice) {
        assert!(of_message.insert(job.description.clone()), "two jobs of one message: {job:?}");
    }
    for id in &messages {
        let description = Some(format!("WhatsApp media id: media of {id}"));
        assert!(of_message.contains(&description), "no job of {id}");
    }
    assert_eq!(store.queue_stats().await.unwrap().dead, 0);
}
