//! Every job exactly once and in order, whatever is inserted or changed between two pages.

use std::collections::BTreeSet;

use campotech_server::domain::{Job, JobStatus};
use campotech_server::store::{JobQuery, PageKey, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::support::{Ground, Place, at, job, on_each_store, store};

on_each_store! { inserts_at_the_same_time_disturb_no_listing, a_limit_of_zero_and_a_place_behind_the_end_are_empty_pages }

async fn page(store: &Store, viewer: Uuid, query: JobQuery) -> (Vec<Job>, Option<PageKey>) {
    let page = store.list_jobs(viewer, query).await.unwrap();
    assert!(page.items.len() <= query.limit);
    (page.items, page.next)
}

/// How a listing may be disturbed: own and shared jobs and those of others, at colliding instants, with
/// jobs added and moved between the pages.
#[derive(Debug, Clone)]
struct Scene {
    jobs: Vec<(u8, i64, u8)>,
    limit: usize,
    status: Option<u8>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let jobs = prop::collection::vec((0_u8..3, 0_i64..6, 0_u8..5), 0..40);
    (jobs, 1_usize..8, prop::option::of(0_u8..5)).prop_map(|(jobs, limit, status)| Scene {
        jobs,
        limit,
        status,
    })
}

async fn walk(scene: Scene, store: &Store) {
    let (ana, beto) = (Uuid::now_v7(), Uuid::now_v7());
    let status = scene.status.map(|index| JobStatus::ALL[usize::from(index)]);
    let mut expected = Vec::new();
    for (whose, second, state) in scene.jobs {
        let owner = [Some(ana), None, Some(beto)][usize::from(whose)];
        let mut job = job(owner, at(second));
        job.status = JobStatus::ALL[usize::from(state)];
        store.create_job(job.clone()).await.unwrap();
        if owner != Some(beto) && status.is_none_or(|only| only == job.status) {
            expected.push((job.created_at, job.id));
        }
    }
    expected.sort_unstable_by(|a, b| b.cmp(a));

    let (mut seen, mut after, mut second) = (Vec::new(), None, 100);
    loop {
        let query = JobQuery { status, after, limit: scene.limit };
        let (items, next) = page(store, ana, query).await;
        seen.extend(items.iter().map(|job| (job.created_at, job.id)));
        // Newer ones come in between the pages; they belong in front of what was seen.
        for owner in [Some(ana), None, Some(beto)] {
            store.create_job(job(owner, at(second))).await.unwrap();
            second += 1;
        }
        // Without a filter a job keeps its place when it moves on.
        if let (None, Some(job)) = (status, items.iter().find(|job| job.status == JobStatus::Open)) {
            store.update_job_status(ana, job.id, JobStatus::Assigned, at(second)).await.unwrap();
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

/// One database for all scenes; each has users of its own, and leaves no job in the inbox that the next one would see.
#[tokio::test]
async fn pages_of_postgres_are_those_of_the_embedded_store() {
    let (ground, store) = Place::Postgres.store().await;
    let Ground::Postgres(server) = &ground else { unreachable!() };
    let admin = server.admin().await;
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    for _ in 0..24 {
        admin.batch_execute("truncate jobs").await.unwrap();
        walk(scene().new_tree(&mut runner).unwrap().current(), &store).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_hold_every_job_exactly_once_in_order(scene in scene()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (_directory, store) = store().await;
            walk(scene, &store).await;
        });
    }
}

async fn inserts_at_the_same_time_disturb_no_listing(place: Place) {
    let (_ground, store) = place.store().await;
    let ana = Uuid::now_v7();
    let mut old = BTreeSet::new();
    for second in 0..60 {
        let job = job(if second % 2 == 0 { Some(ana) } else { None }, at(second));
        old.insert((job.created_at, job.id));
        store.create_job(job).await.unwrap();
    }
    let inserting = tokio::spawn({
        let store = store.clone();
        async move {
            for second in 1_000..1_100 {
                store.create_job(job(Some(ana), at(second))).await.unwrap();
            }
        }
    });
    for _ in 0..5 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (items, next) = page(&store, ana, JobQuery { status: None, after, limit: 7 }).await;
            seen.extend(items.iter().map(|job| (job.created_at, job.id)));
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert!(seen.is_sorted_by(|a, b| a > b), "newest first, none twice");
        let seen_old: BTreeSet<_> = seen.into_iter().filter(|key| key.0 < at(1_000)).collect();
        assert_eq!(seen_old, old);
    }
    inserting.await.unwrap();
}

async fn a_limit_of_zero_and_a_place_behind_the_end_are_empty_pages(place: Place) {
    let (_ground, store) = place.store().await;
    let ana = Uuid::now_v7();
    store.create_job(job(Some(ana), at(5))).await.unwrap();
    let query = JobQuery { status: None, after: None, limit: 0 };
    assert_eq!(page(&store, ana, query).await, (Vec::new(), None));
    let behind = Some(PageKey { created_at: at(0), id: Uuid::nil() });
    let query = JobQuery { status: None, after: behind, limit: 10 };
    assert_eq!(page(&store, ana, query).await, (Vec::new(), None));
}
