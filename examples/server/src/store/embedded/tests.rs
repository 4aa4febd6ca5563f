//! Faults that only a test inside can make: a disk that fails, and changes that panic.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use jiff::Timestamp;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, StorageBackend};

use super::EmbeddedStore;
use super::slot::Opener;
use super::tables::{FORMAT, HEARTBEAT, META};
use crate::domain::User;
use crate::store::{Conflict, Store, StoreError};

/// A file on a disk that is full while `full` is set. It takes no locks.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        let full = self.full.load(Ordering::SeqCst);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }
}

fn open(path: &Path, full: &Arc<AtomicBool>) -> Result<Database, DatabaseError> {
    let file = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    redb::Builder::new().create_with_backend(Disk { file: FileBackend::new(file)?, full: Arc::clone(full) })
}

fn store_on(path: &Path, full: &Arc<AtomicBool>) -> EmbeddedStore {
    let (again, flag) = (path.to_owned(), Arc::clone(full));
    let opener: Opener = Box::new(move || open(&again, &flag));
    EmbeddedStore::start(open(path, full).unwrap(), opener, path.to_owned()).unwrap()
}

fn user(name: &str) -> User {
    User::new(name.into(), name.into(), name.into(), "hash".into())
}

#[tokio::test]
async fn a_disk_that_was_full_needs_no_restart() {
    let (directory, full) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let store = Store::from(store_on(&directory.path().join("file"), &full));
    store.create_user(user("before")).await.unwrap();

    full.store(true, Ordering::SeqCst);
    let error = store.create_user(user("during")).await.unwrap_err();
    assert_eq!(error.code(), "disk_full", "{error:?}");
    assert!(store.ping(Timestamp::UNIX_EPOCH).await.unwrap_err().is_outage());

    full.store(false, Ordering::SeqCst);
    store.ping(Timestamp::UNIX_EPOCH).await.unwrap();
    store.create_user(user("after")).await.unwrap();
    for name in ["before", "after"] {
        assert!(store.user_by_email_key(name).await.unwrap().is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_rest_of_its_group_alone() {
    let (directory, full) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let embedded = store_on(&directory.path().join("file"), &full);
    let store = Store::from(embedded.clone());
    store.create_user(user("taken")).await.unwrap();

    let before = embedded.commits();
    let all = (0..200).map(|i| {
        let store = store.clone();
        let name = if i % 2 == 0 { "taken".to_owned() } else { format!("free {i}") };
        async move { store.create_user(user(&name)).await }
    });
    let outcomes = futures_util::future::join_all(all).await;
    for (i, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(()) => assert_eq!(i % 2, 1),
            Err(StoreError::Conflict(Conflict::EmailTaken)) => assert_eq!(i % 2, 0),
            Err(other) => panic!("{i}: {other:?}"),
        }
    }
    let commits = embedded.commits() - before;
    assert!(commits < 100, "200 changes took {commits} transactions");
}

#[tokio::test]
async fn a_change_that_panics_is_rolled_back_and_the_writer_goes_on() {
    let (directory, full) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let embedded = store_on(&directory.path().join("file"), &full);
    let store = Store::from(embedded.clone());
    store.ping(Timestamp::UNIX_EPOCH).await.unwrap();

    let outcome = embedded
        .write(|txn| -> Result<(), StoreError> {
            txn.open_table(HEARTBEAT)?.insert((), 42)?;
            panic!("a bug");
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");

    let beat =
        embedded.read(|txn| Ok(txn.open_table(HEARTBEAT)?.get(())?.map(|at| at.value()))).await.unwrap();
    assert_eq!(beat, Some(0), "what the change wrote before it panicked is not there");
    store.create_user(user("after")).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_takes_nothing_back() {
    let (directory, full) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let store = Store::from(store_on(&directory.path().join("file"), &full));
    assert!(store.create_user(user("left")).now_or_never().is_none());
    store.ping(Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(store.user_by_email_key("left").await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_of_another_format_is_refused_and_left_alone() {
    let (directory, full) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let path = directory.path().join("campotech.redb");
    let database = open(&path, &full).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(META).unwrap().insert("format", FORMAT + 1).unwrap();
    txn.commit().unwrap();
    drop(database);
    for _ in 0..2 {
        let outcome = EmbeddedStore::open(directory.path()).await;
        let refused = matches!(&outcome, Err(StoreError::Format { found, expected, .. }) if (*found, *expected) == (FORMAT + 1, FORMAT));
        assert!(refused, "{outcome:?}");
    }
}
