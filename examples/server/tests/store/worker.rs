//! The worker: jobs from messages, retries, dead letters, and its end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use campotech_server::auth::Token;
use campotech_server::domain::{InboundMessage, Job, JobKind, MessageContent, Session};
use campotech_server::queue::{
    Handled, HandlerError, MessageHandler, MessageToJob, Outcome, Worker, WorkerEvents, housekeeping,
};
use campotech_server::store::{EmbeddedStore, JobQuery, QueueStats, Store};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::advance;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{HeldClock, Place, TokioClock, at, audio, message, on_each_store, store, text};

on_each_store! { messages_become_jobs_as_they_come_in_and_the_worker_stops_when_told, what_can_never_go_well_is_given_up_at_once, what_was_begun_is_finished_before_the_worker_stops, one_that_hangs_does_not_hold_up_the_others, housekeeping_removes_what_has_expired_and_stops_when_told }

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Created(JobKind, String),
    Processed(JobKind, Outcome),
    Voice(Outcome),
}

#[derive(Debug)]
struct Recorder(mpsc::UnboundedSender<Event>);

impl WorkerEvents for Recorder {
    fn job_created(&self, job: &Job) {
        let _ = self.0.send(Event::Created(job.kind, job.customer_phone.clone()));
    }

    fn processed(&self, kind: JobKind, outcome: Outcome, _took: Duration) {
        let _ = self.0.send(Event::Processed(kind, outcome));
    }

    fn voice(&self, outcome: Outcome) {
        let _ = self.0.send(Event::Voice(outcome));
    }
}

fn recorder() -> (Arc<Recorder>, mpsc::UnboundedReceiver<Event>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Arc::new(Recorder(sender)), receiver)
}

/// Does as the real one after so many calls; until then it fails, panics or hangs.
#[derive(Debug)]
struct Flaky {
    mood: Mood,
    left: AtomicU32,
    calls: Calls,
}

/// When it was called.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<Mutex<Vec<tokio::time::Instant>>>);

impl Calls {
    fn add(&self) {
        self.0.lock().unwrap().push(tokio::time::Instant::now());
    }

    fn times(&self) -> Vec<tokio::time::Instant> {
        self.0.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[derive(Debug, Clone, Copy)]
enum Mood {
    Fails,
    Panics,
    Hangs,
    Refuses,
}

impl Flaky {
    fn new(mood: Mood, bad_calls: u32) -> (Self, Calls) {
        let calls = Calls::default();
        (Self { mood, left: AtomicU32::new(bad_calls), calls: calls.clone() }, calls)
    }
}

impl MessageHandler for Flaky {
    async fn handle(&self, message: &InboundMessage) -> Result<Handled, HandlerError> {
        self.calls.add();
        let bad = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match (bad, self.mood) {
            (Err(_), _) => MessageToJob.handle(message).await,
            (Ok(_), Mood::Fails) => Err(HandlerError::Again("not now".into())),
            (Ok(_), Mood::Refuses) => Err(HandlerError::Never("no such recording".into())),
            (Ok(_), Mood::Panics) => panic!("a bug in the handler"),
            (Ok(_), Mood::Hangs) => std::future::pending().await,
        }
    }
}

async fn jobs(store: &Store) -> Vec<Job> {
    let query = JobQuery { status: None, after: None, limit: 100 };
    store.list_jobs(Uuid::now_v7(), query).await.unwrap().items
}

async fn messages_become_jobs_as_they_come_in_and_the_worker_stops_when_told(place: Place) {
    let (_ground, store) = place.store().await;
    let (events, mut seen) = recorder();
    store.accept_message(audio("before-the-start"), Timestamp::now()).await.unwrap();
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Worker::new(store.clone(), events).run(stop.clone()));

    let phone = "+5491123456789".to_owned();
    assert_eq!(seen.recv().await.unwrap(), Event::Created(JobKind::Voice, phone.clone()));
    assert_eq!(seen.recv().await.unwrap(), Event::Processed(JobKind::Voice, Outcome::Done));
    assert_eq!(seen.recv().await.unwrap(), Event::Voice(Outcome::Done));

    // A sticker is done with, silently; the text behind it has its turn.
    let sticker = message("sticker", MessageContent::Other { r#type: "sticker".into() });
    store.accept_message(sticker, Timestamp::now()).await.unwrap();
    store.accept_message(text("while-it-sleeps"), Timestamp::now()).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), Event::Created(JobKind::Text, phone));
    assert_eq!(seen.recv().await.unwrap(), Event::Processed(JobKind::Text, Outcome::Done));

    stop.cancel();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None);
    assert_eq!(store.queue_stats().await.unwrap(), QueueStats::default());
    let titles: Vec<_> = jobs(&store).await.into_iter().map(|job| job.title).collect();
    assert_eq!(titles[0], "text of while-it-sleeps");
    assert!(titles[1].starts_with("Voice message from +5491123456789"), "{titles:?}");
}

/// Moves the paused time on until the worker reports something.
///
/// Nothing in the store knows of paused time. Each step waits for a change of its own, which is committed
/// behind those of the worker: however slow the disk is, time does not run away from it.
async fn next_event(store: &Store, seen: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    for _ in 0..1_000 {
        match seen.try_recv() {
            Ok(event) => return event,
            Err(mpsc::error::TryRecvError::Empty) => {
                advance(Duration::from_millis(100)).await;
                store.ping(at(0)).await.unwrap();
            }
            Err(mpsc::error::TryRecvError::Disconnected) => break,
        }
    }
    panic!("the worker is silent");
}

#[tokio::test(start_paused = true)]
async fn five_failures_make_a_dead_letter_and_the_waits_grow() {
    let _held = HeldClock::new();
    let ((_directory, store), (events, mut seen)) = (store().await, recorder());
    let (handler, calls) = Flaky::new(Mood::Fails, u32::MAX);
    let clock = TokioClock::new();
    store.accept_message(audio("a"), at(0)).await.unwrap();
    let stop = CancellationToken::new();
    let worker = Worker::new(store.clone(), events).with_handler(handler).with_clock(clock.clone());
    let running = tokio::spawn(worker.run(stop.clone()));

    for attempt in 1..=5 {
        let outcome = if attempt == 5 { Outcome::Failed } else { Outcome::Retried };
        assert_eq!(next_event(&store, &mut seen).await, Event::Processed(JobKind::Voice, outcome));
        assert_eq!(next_event(&store, &mut seen).await, Event::Voice(outcome));
    }
    let times = calls.times();
    // Half of the full wait is the least.
    for (pair, least) in times.windows(2).zip([500, 1_000, 2_000, 4_000]) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(least), "{times:?}");
    }
    assert_eq!(times.len(), 5);
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!((letters[0].failures, letters[0].reason.as_str()), (5, "not now"));
    assert_eq!(jobs(&store).await, []);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn failing_panicking_and_hanging_handlers_are_called_again() {
    for mood in [Mood::Fails, Mood::Panics, Mood::Hangs] {
        let _held = HeldClock::new();
        let ((_directory, store), (events, mut seen)) = (store().await, recorder());
        let (handler, calls) = Flaky::new(mood, 2);
        let clock = TokioClock::new();
        store.accept_message(text("a"), at(0)).await.unwrap();
        let stop = CancellationToken::new();
        let worker = Worker::new(store.clone(), events).with_handler(handler).with_clock(clock);
        let running = tokio::spawn(worker.run(stop.clone()));
        for _ in 0..2 {
            let event = next_event(&store, &mut seen).await;
            assert_eq!(event, Event::Processed(JobKind::Text, Outcome::Retried), "{mood:?}");
        }
        assert!(matches!(next_event(&store, &mut seen).await, Event::Created(JobKind::Text, _)));
        assert_eq!(next_event(&store, &mut seen).await, Event::Processed(JobKind::Text, Outcome::Done));
        assert_eq!(calls.count(), 3);
        assert_eq!(jobs(&store).await.len(), 1);
        stop.cancel();
        running.await.unwrap();
    }
}

async fn what_can_never_go_well_is_given_up_at_once(place: Place) {
    let ((_ground, store), (events, mut seen)) = (place.store().await, recorder());
    let (handler, calls) = Flaky::new(Mood::Refuses, 1);
    store.accept_message(text("a"), Timestamp::now()).await.unwrap();
    let stop = CancellationToken::new();
    let worker = Worker::new(store.clone(), events).with_handler(handler);
    let running = tokio::spawn(worker.run(stop.clone()));
    assert_eq!(seen.recv().await.unwrap(), Event::Processed(JobKind::Text, Outcome::Failed));
    stop.cancel();
    running.await.unwrap();
    assert_eq!(calls.count(), 1);
    assert_eq!(store.dead_letters(10).await.unwrap()[0].reason, "no such recording");
}

#[tokio::test]
async fn a_worker_that_dies_between_claim_and_commit_leaves_exactly_one_job() {
    let (directory, store) = store().await;
    let (events, mut seen) = recorder();
    let (handler, calls) = Flaky::new(Mood::Hangs, 1);
    store.accept_message(audio("a"), Timestamp::now()).await.unwrap();
    let worker = Worker::new(store.clone(), events.clone()).with_handler(handler);
    let running = tokio::spawn(worker.run(CancellationToken::new()));
    while calls.count() == 0 {
        tokio::task::yield_now().await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(store.queue_stats().await.unwrap().voice.size, 1);
    store.close().await.unwrap();
    drop(store);

    let store = Store::from(EmbeddedStore::open(directory.path()).await.unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(store.clone(), events).run(stop.clone()));
    assert!(matches!(seen.recv().await.unwrap(), Event::Created(JobKind::Voice, _)));
    stop.cancel();
    running.await.unwrap();
    assert_eq!(jobs(&store).await.len(), 1);
    assert_eq!(store.queue_stats().await.unwrap(), QueueStats::default());
}

async fn what_was_begun_is_finished_before_the_worker_stops(place: Place) {
    #[derive(Debug)]
    struct Slow(CancellationToken, tokio::sync::Semaphore);

    impl MessageHandler for Slow {
        async fn handle(&self, message: &InboundMessage) -> Result<Handled, HandlerError> {
            self.0.cancel();
            let _turn = self.1.acquire().await;
            MessageToJob.handle(message).await
        }
    }

    let ((_ground, store), (events, _seen)) = (place.store().await, recorder());
    store.accept_message(text("a"), Timestamp::now()).await.unwrap();
    let stop = CancellationToken::new();
    let handler = Arc::new(Slow(stop.clone(), tokio::sync::Semaphore::new(0)));
    let worker = Worker::new(store.clone(), events).with_handler(Arc::clone(&handler));
    let running = tokio::spawn(worker.run(stop.clone()));
    stop.cancelled().await;
    assert!(!running.is_finished());
    handler.1.add_permits(1);
    running.await.unwrap();
    assert_eq!(jobs(&store).await.len(), 1);
}

async fn one_that_hangs_does_not_hold_up_the_others(place: Place) {
    let ((_ground, store), (events, mut seen)) = (place.store().await, recorder());
    let (handler, calls) = Flaky::new(Mood::Hangs, 3);
    for id in ["a", "b", "c"] {
        store.accept_message(text(id), Timestamp::now()).await.unwrap();
    }
    let worker = Worker::new(store.clone(), events).with_handler(handler);
    let running = tokio::spawn(worker.run(CancellationToken::new()));
    while calls.count() < 3 {
        tokio::task::yield_now().await;
    }
    // More than the worker takes at once.
    for id in 0..40 {
        store.accept_message(audio(&format!("voice-{id}")), Timestamp::now()).await.unwrap();
    }
    let mut created = 0;
    while created < 40 {
        created += usize::from(matches!(seen.recv().await.unwrap(), Event::Created(..)));
    }
    assert_eq!(store.queue_stats().await.unwrap().jobs.size, 3);
    running.abort();
}

async fn housekeeping_removes_what_has_expired_and_stops_when_told(place: Place) {
    let (_ground, store) = place.store().await;
    let long_ago = Timestamp::from_second(1_600_000_000).unwrap();
    let token = Token::generate().unwrap();
    let others = (0..600).map(|_| Token::generate().unwrap().hash());
    // The one that is watched ends last.
    let ends = others.map(|hash| (hash, 0)).chain([(token.hash(), 1)]);
    let stored = ends.map(|(hash, later)| {
        let session = Session::starting(hash, Uuid::now_v7(), long_ago + SignedDuration::from_secs(later));
        store.create_session(session)
    });
    for outcome in join_all(stored).await {
        outcome.unwrap();
    }
    let stop = CancellationToken::new();
    let running = tokio::spawn(housekeeping(store.clone(), Duration::from_secs(3_600), stop.clone()));
    while store.session_by_token_hash(token.hash(), long_ago).await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap();
    // More than one transaction's worth, all gone before the first pause.
    assert_eq!(store.delete_expired(1_000, Timestamp::now()).await.unwrap().sessions, 0);
}
