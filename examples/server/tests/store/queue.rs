//! Accepting messages, and the queue behind them.

use std::time::Duration;

use campotech_server::domain::{JobKind, MessageContent};
use campotech_server::store::{Accepted, Completed, EmbeddedStore, JobQuery, QueueEntry, Store, StoreError};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::support::{Place, at, audio, job, message, on_each_store, store, text};

on_each_store! { of_a_hundred_deliveries_of_one_message_one_is_new, one_delivery_may_hold_several_messages_and_repeat_itself, the_effect_is_there_once_though_the_work_was_done_twice, who_lost_the_lease_can_neither_put_off_nor_bury, entries_come_when_they_are_due_and_the_next_time_is_told, queues_are_counted_apart_and_age_is_that_of_the_oldest, a_dead_letter_is_kept_and_can_be_revived, a_message_that_kills_every_worker_is_given_up_in_the_end, a_job_of_a_message_is_in_everybodys_inbox }

const LEASE: Duration = Duration::from_secs(60);
const EVERYTHING: JobQuery = JobQuery { status: None, after: None, limit: 100 };

async fn claim_one(store: &Store, seconds: i64) -> Option<QueueEntry> {
    store.claim(1, LEASE, at(seconds)).await.unwrap().entries.pop()
}

async fn of_a_hundred_deliveries_of_one_message_one_is_new(place: Place) {
    let (_ground, store) = place.store().await;
    let deliveries = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.accept_message(audio("wamid.same"), at(0)).await.unwrap() })
    });
    let outcomes = join_all(deliveries).await;
    let new = outcomes.iter().filter(|outcome| *outcome.as_ref().unwrap() == Accepted::New).count();
    assert_eq!(new, 1);
    assert_eq!(store.queue_stats().await.unwrap().voice.size, 1);
    assert_eq!(store.claim(100, LEASE, at(0)).await.unwrap().entries.len(), 1);
}

async fn one_delivery_may_hold_several_messages_and_repeat_itself(place: Place) {
    let (_ground, store) = place.store().await;
    let delivery = vec![text("a"), audio("b"), text("a")];
    let outcome = store.accept_messages(delivery, at(0)).await.unwrap();
    assert_eq!(outcome, [Accepted::New, Accepted::New, Accepted::Duplicate]);
    assert_eq!(store.accept_messages(Vec::new(), at(0)).await.unwrap(), []);
}

async fn the_effect_is_there_once_though_the_work_was_done_twice(place: Place) {
    let (_ground, store) = place.store().await;
    store.accept_message(text("a"), at(0)).await.unwrap();
    let first = claim_one(&store, 0).await.unwrap();
    assert_eq!(claim_one(&store, 59).await, None, "it is lent");
    let second = claim_one(&store, 60).await.unwrap();
    assert_eq!((first.id, first.deliveries, second.deliveries), (second.id, 1, 2));

    let (one, two) = (job(None, at(61)), job(None, at(62)));
    assert_eq!(store.complete(&second, Some(one.clone()), at(61)).await.unwrap(), Completed::Done);
    assert_eq!(store.complete(&first, Some(two), at(62)).await.unwrap(), Completed::Already);
    assert_eq!(store.list_jobs(Uuid::now_v7(), EVERYTHING).await.unwrap().items, [one]);
    assert_eq!(store.accept_message(text("a"), at(63)).await.unwrap(), Accepted::Duplicate);
    assert_eq!(claim_one(&store, 1_000_000).await, None);
}

async fn who_lost_the_lease_can_neither_put_off_nor_bury(place: Place) {
    let (_ground, store) = place.store().await;
    store.accept_message(text("a"), at(0)).await.unwrap();
    let late = claim_one(&store, 0).await.unwrap();
    let current = claim_one(&store, 60).await.unwrap();
    assert!(!store.retry(&late, at(9_999)).await.unwrap());
    assert!(!store.bury(&late, "late", at(61)).await.unwrap());
    assert!(store.retry(&current, at(70)).await.unwrap());
    assert!(!store.retry(&current, at(9_999)).await.unwrap(), "the lease ended with the first answer");
    let again = claim_one(&store, 70).await.unwrap();
    assert_eq!((again.failures, again.deliveries), (1, 3));
}

async fn entries_come_when_they_are_due_and_the_next_time_is_told(place: Place) {
    let (_ground, store) = place.store().await;
    assert_eq!(store.claim(10, LEASE, at(0)).await.unwrap().next_due, None);
    for (seconds, id) in [(0, "a"), (1, "b"), (2, "c")] {
        store.accept_message(text(id), at(seconds)).await.unwrap();
    }
    let claimed = store.claim(2, LEASE, at(2)).await.unwrap();
    let ids: Vec<_> = claimed.entries.iter().map(|entry| entry.message.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"], "the oldest first");
    assert_eq!(claimed.next_due, Some(at(2)), "more is due");
    store.retry(&claimed.entries[0], at(30)).await.unwrap();
    assert_eq!(store.claim(10, LEASE, at(2)).await.unwrap().entries.len(), 1);
    let idle = store.claim(10, LEASE, at(3)).await.unwrap();
    assert_eq!((idle.entries.len(), idle.next_due), (0, Some(at(30))));
}

async fn queues_are_counted_apart_and_age_is_that_of_the_oldest(place: Place) {
    let (_ground, store) = place.store().await;
    let other = message("o", MessageContent::Other { r#type: "sticker".into() });
    for (seconds, message) in [(0, audio("v1")), (3, audio("v2")), (1, text("t")), (2, other)] {
        store.accept_message(message, at(seconds)).await.unwrap();
    }
    let stats = store.queue_stats().await.unwrap();
    assert_eq!((stats.voice.size, stats.jobs.size, stats.dead), (2, 2, 0));
    assert_eq!(stats.voice.oldest_age(at(10)), Duration::from_secs(10));
    assert_eq!(stats.jobs.oldest_age(at(10)), Duration::from_secs(9));
    assert_eq!(stats.jobs.oldest_age(at(0)), Duration::ZERO, "a clock that went back");

    let entry = claim_one(&store, 3).await.unwrap();
    assert_eq!(entry.message, audio("v1"));
    assert_eq!(store.queue_stats().await.unwrap(), stats, "what is lent still counts");
    store.complete(&entry, None, at(4)).await.unwrap();
    let stats = store.queue_stats().await.unwrap();
    assert_eq!((stats.voice.size, stats.voice.oldest), (1, Some(at(3))));
}

async fn a_dead_letter_is_kept_and_can_be_revived(place: Place) {
    let (_ground, store) = place.store().await;
    store.accept_message(audio("a"), at(0)).await.unwrap();
    let entry = claim_one(&store, 0).await.unwrap();
    assert!(store.bury(&entry, "no recording", at(5)).await.unwrap());
    let stats = store.queue_stats().await.unwrap();
    assert_eq!((stats.voice.size, stats.dead), (0, 1));
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!((letters[0].reason.as_str(), letters[0].failures), ("no recording", 1));
    assert_eq!((&letters[0].message, letters[0].died_at), (&audio("a"), at(5)));
    assert_eq!(claim_one(&store, 1_000_000).await, None);
    assert_eq!(store.accept_message(audio("a"), at(6)).await.unwrap(), Accepted::Duplicate);

    assert!(matches!(store.revive(entry.id + 1, at(7)).await, Err(StoreError::NotFound)));
    store.revive(entry.id, at(7)).await.unwrap();
    assert!(!store.bury(&entry, "from before", at(8)).await.unwrap());
    let again = claim_one(&store, 7).await.unwrap();
    assert_eq!((again.failures, again.deliveries), (0, 2));
    assert_eq!(store.queue_stats().await.unwrap().dead, 0);
}

async fn a_message_that_kills_every_worker_is_given_up_in_the_end(place: Place) {
    let (_ground, store) = place.store().await;
    store.accept_message(text("killer"), at(0)).await.unwrap();
    let mut deliveries = 0;
    while let Some(entry) = claim_one(&store, i64::from(deliveries) * 60).await {
        deliveries += 1;
        assert_eq!((entry.deliveries, entry.failures), (deliveries, 0));
        assert!(deliveries < 100, "it goes on for ever");
    }
    assert_eq!(deliveries, 25);
    assert_eq!(store.queue_stats().await.unwrap().dead, 1);

    let letter = store.dead_letters(1).await.unwrap().remove(0);
    store.revive(letter.id, at(9_999)).await.unwrap();
    let mut again = 0;
    while claim_one(&store, 9_999 + i64::from(again) * 60).await.is_some() {
        again += 1;
    }
    assert_eq!(again, 25, "who revives it gives it as many tries again");
}

#[tokio::test]
async fn leases_of_a_process_that_is_gone_end_at_once() {
    let (directory, store) = store().await;
    store.accept_message(audio("a"), at(0)).await.unwrap();
    // A lease that would last for a century.
    let long = Duration::from_secs(3_000_000_000);
    assert_eq!(store.claim(1, long, at(0)).await.unwrap().entries.len(), 1);
    store.close().await.unwrap();

    let store = Store::from(EmbeddedStore::open(directory.path()).await.unwrap());
    let soon = jiff::Timestamp::now();
    let entry = store.claim(1, LEASE, soon).await.unwrap().entries.pop().unwrap();
    assert_eq!((entry.message, entry.deliveries), (audio("a"), 2));
    assert_eq!(store.accept_message(audio("a"), soon).await.unwrap(), Accepted::Duplicate);
}

async fn a_job_of_a_message_is_in_everybodys_inbox(place: Place) {
    let (_ground, store) = place.store().await;
    store.accept_message(audio("a"), at(0)).await.unwrap();
    let entry = claim_one(&store, 0).await.unwrap();
    let mut voice = job(None, at(1));
    voice.kind = JobKind::Voice;
    store.complete(&entry, Some(voice.clone()), at(1)).await.unwrap();
    for viewer in [Uuid::now_v7(), Uuid::now_v7()] {
        assert_eq!(store.job(viewer, voice.id).await.unwrap(), voice);
    }
}
