//! Disks that fail, and changes that refuse or panic.

use futures_util::FutureExt;
use jiff::Timestamp;

use super::super::EmbeddedStore;
use super::super::tables::{FORMAT, HEARTBEAT, META};
use super::disk::Disk;
use crate::domain::User;
use crate::store::{Conflict, Store, StoreError};

fn user(name: &str) -> User {
    User::new(name.into(), name.into(), name.into(), "hash".into())
}

#[tokio::test]
async fn a_disk_that_was_full_needs_no_restart() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let store = Store::from(disk.store(&directory.path().join("file")));
    store.create_user(user("before")).await.unwrap();

    disk.set_full(true);
    let error = store.create_user(user("during")).await.unwrap_err();
    assert_eq!(error.code(), "disk_full", "{error:?}");
    assert!(store.ping(Timestamp::UNIX_EPOCH).await.unwrap_err().is_outage());

    disk.set_full(false);
    store.ping(Timestamp::UNIX_EPOCH).await.unwrap();
    store.create_user(user("after")).await.unwrap();
    for name in ["before", "after"] {
        assert!(store.user_by_email_key(name).await.unwrap().is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_rest_of_its_group_alone() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let embedded = disk.store(&directory.path().join("file"));
    let store = Store::from(embedded.clone());
    store.create_user(user("taken")).await.unwrap();

    let before = disk.syncs();
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
    let syncs = disk.syncs() - before;
    assert!((1..100).contains(&syncs), "200 changes took {syncs} syncs of the disk");
}

#[tokio::test]
async fn a_change_that_panics_is_rolled_back_and_the_writer_goes_on() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let embedded = disk.store(&directory.path().join("file"));
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
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let store = Store::from(disk.store(&directory.path().join("file")));
    assert!(store.create_user(user("left")).now_or_never().is_none());
    store.ping(Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(store.user_by_email_key("left").await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_of_another_format_is_refused_and_left_alone() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let path = directory.path().join("campotech.redb");
    let database = disk.open(&path).unwrap();
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
