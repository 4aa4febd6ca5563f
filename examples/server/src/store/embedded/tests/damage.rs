//! Records that can't be read: each is the trouble of who asks for it, and of nobody else.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use redb::ReadableTableMetadata;
use tempfile::TempDir;
use uuid::Uuid;

use super::super::EmbeddedStore;
use super::super::tables::{DAMAGED, JOBS, MESSAGES, OUTBOX, OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE};
use super::disk::Disk;
use super::heard::Heard;
use crate::domain::{
    InboundMessage, Job, JobKind, JobStatus, MessageContent, MessageId, NewJob, Priority, WaId,
};
use crate::store::{Completed, JobQuery, QueueStats, StorageFault, Store, StoreError};

const GARBAGE: &[u8] = b"\x00\xff{not json";
const LEASE: Duration = Duration::from_secs(60);
const T0: Timestamp = Timestamp::UNIX_EPOCH;

fn text(id: &str) -> InboundMessage {
    let (id, sender) = (MessageId::parse(id).unwrap(), WaId::parse("5491123456789").unwrap());
    InboundMessage {
        id,
        sender,
        content: MessageContent::Text { body: "leak".into() },
        sent_at: T0,
        brought_by: None,
    }
}

fn job(owner: Option<Uuid>) -> Job {
    let new = NewJob {
        title: "Leak".into(),
        description: None,
        customer_phone: "+5491123456789".into(),
        customer_email: None,
        priority: Priority::default(),
        scheduled_at: None,
    };
    Job::new(JobKind::Api, owner, new, T0)
}

fn new_store() -> (TempDir, PathBuf, Disk, EmbeddedStore) {
    let (directory, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let path = directory.path().join("file");
    let store = disk.store(&path);
    (directory, path, disk, store)
}

/// Overwrites queue entries; the first one has number 1.
async fn spoil_entries(store: &EmbeddedStore, ids: &'static [u64]) {
    let spoil = move |txn: &redb::WriteTransaction| {
        for id in ids {
            assert!(txn.open_table(OUTBOX)?.insert(id, GARBAGE)?.is_some(), "no entry {id}");
        }
        Ok(())
    };
    store.write(spoil).await.unwrap();
}

/// What is kept of an entry that was set aside, and how long the indexes are.
async fn set_aside(store: &EmbeddedStore, id: u64) -> (Option<Vec<u8>>, [u64; 3]) {
    let look = move |txn: &redb::ReadTransaction| {
        let bytes = txn.open_table(DAMAGED)?.get(id)?.map(|bytes| bytes.value().to_vec());
        let mut lengths = [0; 3];
        for (length, index) in lengths.iter_mut().zip([OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE]) {
            *length = txn.open_table(index)?.len()?;
        }
        Ok((bytes, lengths))
    };
    store.read(look).await.unwrap()
}

/// Starts on this thread, and tells of which entries errors were logged.
fn start_listened(disk: &Disk, path: &Path) -> (EmbeddedStore, Vec<String>) {
    let heard = Heard::default();
    let store = tracing::subscriber::with_default(heard.clone(), || disk.store(path));
    (store, heard.entries())
}

#[tokio::test]
async fn a_claim_sets_aside_what_it_cannot_read_and_lends_the_others() {
    let (_directory, _path, disk, embedded) = new_store();
    let store = Store::from(embedded.clone());
    for id in ["a", "b", "c"] {
        store.accept_message(text(id), T0).await.unwrap();
    }
    spoil_entries(&embedded, &[2]).await;

    let claimed = store.claim(10, LEASE, T0).await.unwrap();
    let ids: Vec<_> = claimed.entries.iter().map(|entry| entry.message.id.as_str()).collect();
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(claimed.next_due, Some(T0 + LEASE), "nothing is due at once for ever");
    assert_eq!(set_aside(&embedded, 2).await, (Some(GARBAGE.to_vec()), [2, 2, 0]));
    let stats = store.queue_stats().await.unwrap();
    assert_eq!((stats.jobs.size, stats.dead), (2, 1));
    assert_eq!(disk.openings(), 1, "the disk has not failed");

    // It is not looked at again, and the lent ones end as ever.
    assert_eq!(store.claim(10, LEASE, T0).await.unwrap().entries, []);
    for entry in claimed.entries {
        assert_eq!(store.complete(&entry, None, T0).await.unwrap(), Completed::Done);
    }
    assert_eq!(store.queue_stats().await.unwrap(), QueueStats { dead: 1, ..QueueStats::default() });
}

#[tokio::test]
async fn an_entry_that_only_the_indexes_know_is_not_due_for_ever() {
    let (_directory, _path, _disk, embedded) = new_store();
    let store = Store::from(embedded.clone());
    store.accept_message(text("a"), T0).await.unwrap();
    embedded
        .write(|txn| {
            txn.open_table(OUTBOX)?.remove(1)?;
            // A time that no timestamp can hold.
            txn.open_table(OUTBOX_DUE)?.insert((i64::MIN, 7), ())?;
            Ok(())
        })
        .await
        .unwrap();
    let claimed = store.claim(10, LEASE, T0).await.unwrap();
    assert_eq!((claimed.entries, claimed.next_due), (Vec::new(), None));
    assert_eq!(store.queue_stats().await.unwrap(), QueueStats::default());
    assert_eq!(set_aside(&embedded, 1).await, (None, [0; 3]));
}

#[tokio::test]
async fn a_start_sets_aside_what_it_cannot_read_and_says_so_once() {
    let (_directory, path, disk, embedded) = new_store();
    let store = Store::from(embedded.clone());
    for id in ["a", "b", "c"] {
        store.accept_message(text(id), T0).await.unwrap();
    }
    assert_eq!(store.claim(2, LEASE, T0).await.unwrap().entries.len(), 2);
    spoil_entries(&embedded, &[1, 3]).await;
    store.close().await.unwrap();

    let (again, first) = start_listened(&disk, &path);
    assert_eq!(first, ["1", "3"]);
    assert_eq!(set_aside(&again, 1).await, (Some(GARBAGE.to_vec()), [1, 1, 0]));
    let store = Store::from(again);
    assert_eq!(store.queue_stats().await.unwrap().dead, 2);
    let entry = store.claim(10, LEASE, Timestamp::now()).await.unwrap().entries.pop().unwrap();
    assert_eq!((entry.message, entry.deliveries), (text("b"), 2));
    store.close().await.unwrap();

    let (again, second) = start_listened(&disk, &path);
    assert_eq!(second, [""; 0]);
    assert_eq!(Store::from(again).queue_stats().await.unwrap().dead, 2);
}

#[tokio::test]
async fn a_change_of_a_record_that_cannot_be_read_leaves_its_group_alone() {
    let (_directory, _path, disk, embedded) = new_store();
    let store = Store::from(embedded.clone());
    let (ana, spoilt) = (Uuid::now_v7(), job(None));
    store.create_job(spoilt.clone()).await.unwrap();
    let id = spoilt.id.as_u128();
    let spoil = move |txn: &redb::WriteTransaction| Ok(txn.open_table(JOBS)?.insert(id, GARBAGE)?.is_some());
    assert!(embedded.write(spoil).await.unwrap());

    let syncs = disk.syncs();
    let all = (0..100).map(|i| {
        let (store, id) = (store.clone(), spoilt.id);
        async move {
            if i % 2 == 0 {
                store.update_job_status(ana, id, JobStatus::Assigned, T0).await.map(|_| ())
            } else {
                store.create_job(job(Some(ana))).await
            }
        }
    });
    for (i, outcome) in join_all(all).await.into_iter().enumerate() {
        match outcome {
            Ok(()) => assert_eq!(i % 2, 1),
            Err(StoreError::Storage { fault: StorageFault::Damaged, .. }) => assert_eq!(i % 2, 0),
            Err(other) => panic!("{i}: {other:?}"),
        }
    }
    assert!(disk.syncs() - syncs < 50, "they were in one group");
    assert_eq!(disk.openings(), 1, "the disk has not failed");
    let others = JobQuery { status: Some(JobStatus::Assigned), after: None, limit: 100 };
    assert_eq!(store.list_jobs(ana, others).await.unwrap().items, [], "nothing of the change was applied");
    assert!(matches!(store.job(ana, spoilt.id).await, Err(StoreError::Storage { .. })));
}

#[tokio::test]
async fn work_can_be_ended_though_the_record_of_its_message_cannot_be_read() {
    let (_directory, _path, _disk, embedded) = new_store();
    let store = Store::from(embedded.clone());
    store.accept_message(text("a"), T0).await.unwrap();
    let spoil = |txn: &redb::WriteTransaction| Ok(txn.open_table(MESSAGES)?.insert("a", GARBAGE)?.is_some());
    assert!(embedded.write(spoil).await.unwrap());
    let entry = store.claim(1, LEASE, T0).await.unwrap().entries.pop().unwrap();
    let made = job(None);
    assert_eq!(store.complete(&entry, Some(made.clone()), T0).await.unwrap(), Completed::Done);
    assert_eq!(store.job(Uuid::now_v7(), made.id).await.unwrap(), made);
    let record = embedded.read(|txn| Ok(txn.open_table(MESSAGES)?.get("a")?.map(|r| r.value().to_vec())));
    let record: serde_json::Value = serde_json::from_slice(&record.await.unwrap().unwrap()).unwrap();
    assert_eq!(record["job"], made.id.to_string(), "it is written anew");
}
