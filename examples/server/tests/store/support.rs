//! What the tests share.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use campotech::core::Clock;
use campotech::metrics::Metrics;
use campotech_server::domain::{
    InboundMessage, Job, JobKind, MessageContent, MessageId, NewJob, Priority, WaId,
};
use campotech_server::store::{DatabaseSettings, EmbeddedStore, PostgresStore, Store};
use campotech_server::tls::TlsRoots;
use campotech_testkit::Postgres;
use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

/// Where a store of a test is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Embedded,
    Postgres,
}

/// Keeps what a store lies on.
pub(crate) enum Ground {
    Directory(TempDir),
    Postgres(Box<Postgres>),
}

impl Place {
    pub(crate) async fn store(self) -> (Ground, Store) {
        match self {
            Self::Embedded => {
                let (directory, store) = store().await;
                (Ground::Directory(directory), store)
            }
            Self::Postgres => {
                let ground = Ground::Postgres(Box::new(Postgres::start().await));
                let store = ground.open().await;
                (ground, store)
            }
        }
    }
}

impl Ground {
    /// The store on it, opened anew.
    pub(crate) async fn open(&self) -> Store {
        match self {
            Self::Directory(directory) => EmbeddedStore::open(directory.path()).await.unwrap().into(),
            Self::Postgres(server) => postgres_store(&server.url()).await.into(),
        }
    }
}

/// A store on a database whose tables are made.
pub(crate) async fn postgres_store(url: &str) -> PostgresStore {
    let settings = DatabaseSettings::parse(url).unwrap();
    let size = NonZeroUsize::new(10).unwrap();
    let pool = settings.pool(size, TlsRoots::default().client()).unwrap();
    let metrics = Metrics::builder("store", "1.2.3").build().unwrap();
    let store = PostgresStore::open(metrics.measure_pool("test", pool).unwrap());
    tokio::time::timeout(Duration::from_secs(20), store.migrated()).await.unwrap();
    store
}

/// Runs each of these functions on each store, as `<name>::embedded` and `<name>::postgres`.
macro_rules! on_each_store {
    ($( $name:ident ),* $(,)?) => { $(
        mod $name {
            use crate::support::Place;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                super::$name(Place::Embedded).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Place::Postgres).await;
            }
        }
    )* };
}
pub(crate) use on_each_store;

pub(crate) async fn store() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path()).await.unwrap();
    (directory, store.into())
}

/// So many seconds after some moment in 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(crate) fn job(owner: Option<Uuid>, created_at: Timestamp) -> Job {
    let new = NewJob {
        title: "Change the filter".into(),
        description: Some("second floor".into()),
        customer_phone: "+5491123456789".into(),
        customer_email: Some("ana@example.com".into()),
        priority: Priority::High,
        scheduled_at: Some(at(86_400)),
    };
    Job::new(JobKind::Api, owner, new, created_at)
}

pub(crate) fn message(id: &str, content: MessageContent) -> InboundMessage {
    InboundMessage {
        id: MessageId::parse(id).unwrap(),
        sender: WaId::parse("5491123456789").unwrap(),
        content,
        sent_at: at(0),
        brought_by: None,
    }
}

pub(crate) fn text(id: &str) -> InboundMessage {
    message(id, MessageContent::Text { body: format!("text of {id}") })
}

pub(crate) fn audio(id: &str) -> InboundMessage {
    message(id, MessageContent::Audio { media_id: format!("media of {id}") })
}

/// A wall clock that moves with tokio's, so that a paused test moves both.
#[derive(Debug, Clone)]
pub(crate) struct TokioClock {
    origin: tokio::time::Instant,
}

impl TokioClock {
    pub(crate) fn new() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000) + self.origin.elapsed()
    }
}

/// Keeps a paused clock from running ahead by itself while the test waits for the writer thread: tokio
/// doesn't while a blocking task runs. Time moves by `tokio::time::advance` only.
pub(crate) struct HeldClock {
    _release: tokio::sync::oneshot::Sender<()>,
}

impl HeldClock {
    pub(crate) fn new() -> Self {
        let (release, held) = tokio::sync::oneshot::channel();
        tokio::task::spawn_blocking(move || held.blocking_recv());
        Self { _release: release }
    }
}
