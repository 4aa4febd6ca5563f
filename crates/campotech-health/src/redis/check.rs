//! Asks a Redis server.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use campotech_core::{ComponentStatus, Measure};
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::Server;
use fred::types::{Expiration, Value};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::clients;
use super::connection::{Connection, Session};
use super::info::Info;
use super::reasons::is_forbidden;
use crate::bounds::not_zero;
use crate::link::{Failure, Keeper, Link, slow};
use crate::{Check, CheckResult, ConfigError, Reason};

/// What the probe writes is gone after this many milliseconds.
const KEY_MILLIS: i64 = 10_000;

/// Asks a Redis or Valkey server, every primary of a cluster, or the primary that sentinels name, on a connection of
/// the check's own.
///
/// Each run sends `PING`. Since that is answered by a server that takes no writes too, every 3rd run, and each one from
/// a bad answer to the next good one, also reads `INFO` and sets a key `campotech:health:<random>` that expires in 10 s.
/// What the user of the connection may not do is left out. See the crate's page for what each reason means.
///
/// ```
/// use campotech_health::{Check, Health, Redis};
/// use fred::types::Builder;
/// use fred::types::config::Config;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Builder::from_config(Config::from_url("redis://cache")?).build_pool(4)?;
/// let health = Health::builder("jobs-api", "1.4.2").check(Redis::new(pool.next()).degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// Named `redis`; 500 ms to connect and 900 ms in all; an answer that takes more than 500 ms is slow; every 3rd run
/// looks closer; every 10th run opens a new connection; a server that takes no writes is unhealthy; no client of the
/// service's is asked.
#[must_use]
pub struct Redis {
    name: String,
    client: Client,
    clients: Vec<Client>,
    keeper: Keeper<Connection>,
    slow: Duration,
    closer: NonZeroU32,
    /// Runs until one looks closer.
    until_closer: AtomicU32,
    /// What of the memory was used at the last closer look; runs in between repeat it.
    used: Mutex<Option<f64>>,
    reads_suffice: bool,
}

impl Redis {
    /// Asks the server of `client`, such as a pool's `next()`, with its configuration, TLS included. Nothing is sent
    /// over `client` itself, which need not be connected.
    pub fn new(client: &Client) -> Self {
        const THREE: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);
        Self {
            name: "redis".to_owned(),
            client: client.clone(),
            clients: Vec::new(),
            keeper: Keeper::new(),
            slow: Duration::from_millis(500),
            closer: THREE,
            until_closer: AtomicU32::new(0),
            used: Mutex::new(None),
            reads_suffice: false,
        }
    }

    /// Another name, as for a second server.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The time for a new connection: name resolution, connecting, TLS, authentication, and finding a cluster's nodes.
    /// Beside an old connection it is half of [`with_timeout`](Self::with_timeout) at most.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.keeper.set_connect_timeout(timeout, "the connect timeout of a redis check")?;
        Ok(self)
    }

    /// The time for everything; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.keeper.set_timeout(timeout, "the timeout of a redis check")?;
        Ok(self)
    }

    /// The time from which on a `PING` is slow.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_slow_after(mut self, limit: Duration) -> Result<Self, ConfigError> {
        self.slow = not_zero(limit, "the time from which on a redis check is slow")?;
        Ok(self)
    }

    /// How many runs there are to one that looks closer; 1 looks closer each time.
    pub const fn with_closer_look_every(mut self, runs: NonZeroU32) -> Self {
        self.closer = runs;
        self
    }

    /// How many runs a connection serves; 1 opens a new one each time.
    ///
    /// Only a new one finds that the server takes no more connections or knows our password no longer. As long as the
    /// old one answers, that is degraded.
    pub const fn with_runs_per_connection(mut self, runs: NonZeroU32) -> Self {
        self.keeper.set_runs_per_connection(runs);
        self
    }

    /// A server that takes no writes is healthy, as a read replica; nothing is written to it.
    pub const fn with_reads_sufficing(mut self) -> Self {
        self.reads_suffice = true;
        self
    }

    /// The service's own clients, such as a pool's `clients()`: each run sends `PING` over every one of them too. One that
    /// hangs, or has lost its connection, makes the component degraded while the server itself answers.
    ///
    /// Leave out what waits for its server by design: subscribers, and clients for blocking commands.
    pub fn with_clients(mut self, clients: impl IntoIterator<Item = Client>) -> Self {
        self.clients.extend(clients);
        self
    }

    async fn question(&self, session: &Session, limit: Duration) -> Result<CheckResult, Failure> {
        // A run that fails, or is dropped, leaves the next one to look closer.
        let until_closer = self.until_closer.swap(0, Ordering::Relaxed);
        let servers = session.servers();
        let mut longest = Duration::ZERO;
        for server in &servers {
            let asked = Instant::now();
            let commands = session.with(server.as_ref(), limit);
            commands.ping::<Value>(None).await?;
            longest = longest.max(asked.elapsed());
        }
        if until_closer == 0 {
            let seen = self.look_closer(session, &servers, limit).await?;
            if seen.status() != ComponentStatus::Healthy {
                return Ok(self.with_memory(seen));
            }
        }
        let runs = if until_closer == 0 { self.closer.get() } else { until_closer };
        self.until_closer.store(runs - 1, Ordering::Relaxed);
        let result = if longest > self.slow { slow(longest) } else { CheckResult::ok() };
        Ok(self.with_memory(result))
    }

    fn with_memory(&self, result: CheckResult) -> CheckResult {
        match *self.used.lock() {
            Some(used) => result.with_measure(Measure::UsedRatio, used),
            None => result,
        }
    }

    /// What `PING` does not see. The worst is told, and of equals the first.
    async fn look_closer(
        &self,
        session: &Session,
        servers: &[Option<Server>],
        limit: Duration,
    ) -> Result<CheckResult, Failure> {
        let (mut degraded, mut used) = (None, None::<f64>);
        *self.used.lock() = None;
        for server in servers {
            let commands = session.with(server.as_ref(), limit);
            let Some(text) = allowed(commands.info::<String>(None).await)? else { continue };
            let info = Info::parse(&text);
            used = info.used_ratio().into_iter().chain(used).reduce(f64::max);
            *self.used.lock() = used;
            if info.loading {
                return Ok(CheckResult::failed(Reason::Loading));
            }
            if info.replica && !self.reads_suffice {
                let reason = if info.link_down { Reason::ReplicaLinkDown } else { Reason::ReadOnly };
                return Ok(CheckResult::failed(reason));
            }
            if info.replica && info.link_down {
                degraded.get_or_insert(Reason::ReplicaLinkDown);
            } else if info.full && !self.reads_suffice {
                degraded.get_or_insert(Reason::OutOfMemory);
            }
        }
        if !self.reads_suffice {
            // In a cluster the key, and so the node, is another one each time.
            let key = format!("campotech:health:{:016x}", rand::random::<u64>());
            let expires = Some(Expiration::PX(KEY_MILLIS));
            let commands = session.with(None, limit);
            allowed(commands.set::<Value, _, _>(key, 1, expires, None, false).await)?;
        }
        Ok(degraded.map_or_else(CheckResult::ok, CheckResult::degraded))
    }
}

/// What came of a command; nothing where our user may not give it.
fn allowed<T>(answer: Result<T, Error>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_forbidden(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Link for Redis {
    type Connection = Connection;

    async fn open(&self, limit: Duration) -> Result<Connection, Failure> {
        Connection::open(&self.client, limit).await
    }

    async fn ask(&self, connection: &mut Connection, limit: Duration) -> Result<CheckResult, Failure> {
        tokio::select! {
            biased;
            result = self.question(&connection.session, limit) => result,
            failure = connection.task.ended() => Err(failure),
        }
    }

    fn is_open(&self, connection: &Connection) -> bool {
        connection.task.is_running()
    }
}

impl Check for Redis {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let clients = clients::ask(&self.clients, self.keeper.timeout());
        let (result, of_clients) = tokio::join!(self.keeper.run(self), clients);
        match of_clients {
            // What is wrong with the server is wrong with its clients.
            Some(of_clients)
                if result.status() == ComponentStatus::Healthy || result.reason() == Reason::Slow =>
            {
                of_clients.with_measures(*result.measures())
            }
            _ => result,
        }
    }
}

// The clients' own shows their whole configuration.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("name", &self.name)
            .field("clients", &self.clients.len())
            .field("keeper", &self.keeper)
            .field("slow", &self.slow)
            .field("closer", &self.closer)
            .field("reads_suffice", &self.reads_suffice)
            .finish_non_exhaustive()
    }
}
