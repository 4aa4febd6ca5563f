//! Users, sessions, jobs and customers.

use campotech_server::auth::Token;
use campotech_server::domain::{Customer, JobStatus, NewCustomer, Session, User};
use campotech_server::store::{Conflict, StoreError};
use futures_util::future::join_all;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::support::{Place, at, audio, job, on_each_store};

on_each_store! { an_address_is_registered_once_however_many_try, a_session_lives_twelve_hours, what_has_expired_is_removed_and_nothing_else, a_job_is_seen_by_its_owner_and_moves_by_the_rules, of_many_who_take_a_job_of_the_inbox_one_gets_it, customers_are_private_and_listed_newest_first }

fn user(key: &str) -> User {
    User::new(key.to_uppercase(), key.into(), "Ana".into(), "$argon2id$...".into())
}

async fn an_address_is_registered_once_however_many_try(place: Place) {
    let (_ground, store) = place.store().await;
    let tries = join_all((0..20).map(|_| store.create_user(user("ana@example.com")))).await;
    let taken = |outcome: &&Result<(), StoreError>| {
        matches!(outcome, Err(StoreError::Conflict(Conflict::EmailTaken)))
    };
    assert_eq!(tries.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(tries.iter().filter(taken).count(), 19);

    let found = store.user_by_email_key("ana@example.com").await.unwrap().unwrap();
    assert_eq!((found.email.as_str(), found.password_hash.as_str()), ("ANA@EXAMPLE.COM", "$argon2id$..."));
    assert_eq!(store.user_by_email_key("beto@example.com").await.unwrap(), None);
}

async fn a_session_lives_twelve_hours(place: Place) {
    let (_ground, store) = place.store().await;
    let (token, owner) = (Token::generate().unwrap(), Uuid::now_v7());
    let session = Session::starting(token.hash(), owner, at(0));
    store.create_session(session.clone()).await.unwrap();

    let end = 12 * 60 * 60;
    let presented = Token::hash_presented(token.reveal()).unwrap();
    assert_eq!(store.session_by_token_hash(presented, at(end - 1)).await.unwrap(), Some(session));
    assert_eq!(store.session_by_token_hash(presented, at(end)).await.unwrap(), None);
    let unknown = Token::generate().unwrap().hash();
    assert_eq!(store.session_by_token_hash(unknown, at(0)).await.unwrap(), None);
}

async fn what_has_expired_is_removed_and_nothing_else(place: Place) {
    let (_ground, store) = place.store().await;
    let tokens: Vec<_> = (0..5).map(|_| Token::generate().unwrap()).collect();
    for (seconds, token) in (0..).zip(&tokens) {
        store.create_session(Session::starting(token.hash(), Uuid::now_v7(), at(seconds))).await.unwrap();
    }
    for id in ["done", "waiting"] {
        store.accept_message(audio(id), at(0)).await.unwrap();
    }
    let entry = store.claim(1, std::time::Duration::from_secs(9), at(0)).await.unwrap().entries.remove(0);
    assert_eq!(entry.message.id.as_str(), "done");
    store.complete(&entry, None, at(0)).await.unwrap();

    let third_ends = at(2) + SignedDuration::from_hours(12);
    let gone = store.delete_expired(2, third_ends).await.unwrap();
    assert_eq!((gone.sessions, gone.messages), (2, 0), "the limit holds");
    let gone = store.delete_expired(100, third_ends).await.unwrap();
    assert_eq!((gone.sessions, gone.messages), (1, 0));
    let left = store.session_by_token_hash(tokens[3].hash(), third_ends).await.unwrap();
    assert!(left.is_some());

    let in_31_days = at(31 * 86_400);
    let gone = store.delete_expired(100, in_31_days).await.unwrap();
    assert_eq!((gone.sessions, gone.messages), (2, 1), "a message that still waits is not forgotten");
    assert_eq!(store.queue_stats().await.unwrap().voice.size, 1);
}

async fn a_job_is_seen_by_its_owner_and_moves_by_the_rules(place: Place) {
    let (_ground, store) = place.store().await;
    let (ana, beto) = (Uuid::now_v7(), Uuid::now_v7());
    let created = job(Some(ana), at(0));
    store.create_job(created.clone()).await.unwrap();
    assert_eq!(store.job(ana, created.id).await.unwrap(), created);
    let hidden = [store.job(beto, created.id).await, store.job(ana, Uuid::now_v7()).await];
    assert!(hidden.iter().all(|outcome| matches!(outcome, Err(StoreError::NotFound))), "{hidden:?}");
    let foreign = store.update_job_status(beto, created.id, JobStatus::Cancelled, at(1)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");

    let same = store.update_job_status(ana, created.id, JobStatus::Open, at(1)).await.unwrap();
    assert!(!same.changed && same.job == created && same.owner_before == Some(ana));
    let skipped = store.update_job_status(ana, created.id, JobStatus::Done, at(1)).await;
    assert!(matches!(skipped, Err(StoreError::Conflict(Conflict::Transition(_)))), "{skipped:?}");
    for (seconds, status) in [(1, JobStatus::Assigned), (2, JobStatus::InProgress), (3, JobStatus::Done)] {
        let change = store.update_job_status(ana, created.id, status, at(seconds)).await.unwrap();
        assert!(change.changed && change.owner_before == Some(ana));
        assert_eq!((change.job.status, change.job.updated_at), (status, at(seconds)));
        assert_eq!(store.job(ana, created.id).await.unwrap(), change.job);
    }
    let undone = store.update_job_status(ana, created.id, JobStatus::Cancelled, at(4)).await;
    assert!(undone.is_err());
}

async fn of_many_who_take_a_job_of_the_inbox_one_gets_it(place: Place) {
    let (_ground, store) = place.store().await;
    let shared = job(None, at(0));
    store.create_job(shared.clone()).await.unwrap();
    let users: Vec<_> = (0..20).map(|_| Uuid::now_v7()).collect();
    let tries = join_all(
        users.iter().map(|user| store.update_job_status(*user, shared.id, JobStatus::Assigned, at(1))),
    )
    .await;
    let winners: Vec<_> = tries.iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(winners[0].owner_before, None, "all could see it");
    let owner = winners[0].job.owner.unwrap();
    for user in users {
        let seen = store.job(user, shared.id).await;
        assert_eq!(seen.is_ok(), user == owner, "for the others it has left the inbox: {seen:?}");
    }
}

async fn customers_are_private_and_listed_newest_first(place: Place) {
    let (_ground, store) = place.store().await;
    let (ana, beto) = (Uuid::now_v7(), Uuid::now_v7());
    let customer = |owner, seconds| {
        let new = NewCustomer {
            name: format!("customer {seconds}"),
            email: "c@example.com".into(),
            phone: "+5491123456789".into(),
            cuit: Some("20123456786".into()),
        };
        Customer::new(owner, new, at(seconds))
    };
    let own: Vec<_> = (0..5).map(|seconds| customer(ana, seconds)).collect();
    for customer in own.iter().chain([&customer(beto, 9)]) {
        store.create_customer(customer.clone()).await.unwrap();
    }
    assert_eq!(store.customer(ana, own[0].id).await.unwrap(), own[0]);
    assert!(matches!(store.customer(beto, own[0].id).await, Err(StoreError::NotFound)));

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_customers(ana, after, 2).await.unwrap();
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, own.into_iter().rev().collect::<Vec<_>>());
}
