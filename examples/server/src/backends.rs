//! What the server keeps its data in, as the settings say: embedded or PostgreSQL, alone or with Redis.

use std::time::Duration;

use campotech::metrics::Metrics;
use campotech::security::rate_limit::redis::RedisLimits;
use campotech::security::rate_limit::shared::SharedLimits;
use fred::clients::{Client, SubscriberClient};
use fred::prelude::ClientLike;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::ServerSettings;
use crate::cursors::{CursorKeyError, SharedCursorKeys};
use crate::events::{Bridge, EventBus};
use crate::queue::{Relay, StreamQueue};
use crate::store::{EmbeddedStore, PostgresStore, Store, StoreError};

/// What a request may wait for its quota, once, when Redis falls silent.
const DECISION: Duration = Duration::from_millis(50);
/// The label of the database's pool in metrics.
const POOL: &str = "postgres";

/// Everything that outlives a request.
#[derive(Debug)]
pub struct Backends {
    /// Where everything is kept.
    pub store: Store,
    /// The store again, where it is a database that replicas share.
    pub database: Option<PostgresStore>,
    /// What replicas share besides, where there is Redis.
    pub redis: Option<RedisBackend>,
    /// Where job events go.
    pub events: EventBus,
    /// Seals the cursors of lists.
    pub cursors: SharedCursorKeys,
}

/// What is done through Redis.
#[derive(Debug)]
pub struct RedisBackend {
    /// For commands.
    pub client: Client,
    /// The queue of all replicas.
    pub queue: StreamQueue,
    /// The rate limits of all replicas.
    pub limits: SharedLimits,
    quick: Client,
    subscriber: SubscriberClient,
    bridge: Option<Bridge>,
}

/// Why a backend can't be made; one that is only away is waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The embedded store can't be opened.
    #[error("CAMPOTECH_DATA_DIR")]
    Store(#[from] StoreError),
    /// The key of the cursors can't be kept.
    #[error("CAMPOTECH_DATA_DIR")]
    CursorKey(#[from] CursorKeyError),
    /// The pool can't be built.
    #[error("DATABASE_URL")]
    Database(#[from] deadpool_postgres::BuildError),
    /// The client can't be built.
    #[error("REDIS_URL")]
    Redis(#[from] fred::error::Error),
    /// The shared limits can't be built.
    #[error(transparent)]
    Limits(#[from] campotech::security::ConfigError),
    /// A backend of this name is measured already.
    #[error(transparent)]
    Metrics(#[from] campotech::metrics::ConfigError),
}

impl Backends {
    /// Opens what the settings name, and shows it in `metrics`. Servers that are away don't hold up the start: they are waited for in the
    /// background.
    ///
    /// # Errors
    /// If the embedded store can't be opened, a client can't be built, or `metrics` has backends already.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn open(settings: &ServerSettings, metrics: &Metrics) -> Result<Self, BackendError> {
        let (store, database, cursors) = match &settings.database {
            None => {
                let store = EmbeddedStore::open(&settings.data_dir).await?;
                (Store::from(store), None, SharedCursorKeys::in_directory(&settings.data_dir)?)
            }
            Some(database) => {
                let tls = settings.tls_roots.client();
                let pool = database.pool(settings.database_pool, tls)?;
                let store = PostgresStore::open(metrics.measure_pool(POOL, pool)?);
                (Store::from(store.clone()), Some(store), SharedCursorKeys::default())
            }
        };
        let (redis, events) = match &settings.redis {
            None => (None, EventBus::new()),
            Some(redis) => {
                let (tls, prefix) = (settings.tls_roots.client(), settings.redis_prefix.as_str());
                let client = redis.client(tls.clone())?;
                let subscriber = redis.builder(tls).build_subscriber_client()?;
                let (events, bridge) = Bridge::new(client.clone(), subscriber.clone(), prefix);
                let queue = StreamQueue::new(client.clone(), prefix);
                let quick = redis.quick_client(settings.tls_roots.client())?;
                let limits = RedisLimits::new(quick.clone()).with_prefix(format!("{prefix}:limit"))?;
                let limits = limits.with_deadline(DECISION)?.start();
                metrics.watch_redis_client("commands", &client)?;
                metrics.watch_redis_client("limits", &quick)?;
                metrics.watch_redis_client("events", &subscriber)?;
                (
                    Some(RedisBackend { client, queue, limits, quick, subscriber, bridge: Some(bridge) }),
                    events,
                )
            }
        };
        Ok(Self { store, database, redis, events, cursors })
    }

    /// Starts what runs beside the requests for these backends.
    pub fn start(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some(database) = &self.database {
            tasks.spawn(self.cursors.clone().learn(database.clone(), stop.clone()));
        }
        if let Some(redis) = &self.redis {
            tasks.spawn(Relay::new(self.store.clone(), redis.queue.clone()).run(stop.clone()));
        }
    }

    /// Starts what tells other replicas of events; it has to outlive all that makes them.
    pub fn start_bridge(&mut self, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some(bridge) = self.redis.as_mut().and_then(|redis| redis.bridge.take()) {
            tasks.spawn(bridge.run(stop.clone()));
        }
    }
}

impl RedisBackend {
    /// `2 of 3`: connections that are up, as a fact for the status page. There is no pool: each is shared by all callers.
    pub fn connections(&self) -> impl Fn() -> String + Send + Sync + 'static + use<> {
        let (client, quick, subscriber) = (self.client.clone(), self.quick.clone(), self.subscriber.clone());
        move || {
            let up = [client.is_connected(), quick.is_connected(), subscriber.is_connected()];
            format!("{} of {}", up.iter().filter(|up| **up).count(), up.len())
        }
    }
}
