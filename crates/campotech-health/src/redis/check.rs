//! Asks a Redis server.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use campotech_core::ComponentStatus;
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::Server;
use fred::types::{Expiration, Value};
use tokio::time::Instant;

use super::connection::{Connection, Session};
use super::info::Info;
use super::reasons::is_forbidden;
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
/// looks closer; every 10th run opens a new connection; a server that takes no writes is unhealthy.
#[derive(Debug)]
#[must_use]
pub struct Redis {
    name: String,
    client: Client,
    keeper: Keeper<Connection>,
    slow: Duration,
    closer: NonZeroU32,
    /// Runs until one looks closer.
    until_closer: AtomicU32,
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
            keeper: Keeper::new(),
            slow: Duration::from_millis(500),
            closer: THREE,
            until_closer: AtomicU32::new(0),
            reads_suffice: false,
        }
    }

    /// Another name, as for a second server.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The time for a new connection: name resolution, connecting, TLS, authentication, and finding a cluster's nodes.
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
    pub const fn with_slow_after(mut self, limit: Duration) -> Self {
        self.slow = limit;
        self
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
                return Ok(seen);
            }
        }
        let runs = if until_closer == 0 { self.closer.get() } else { until_closer };
        self.until_closer.store(runs - 1, Ordering::Relaxed);
        Ok(if longest > self.slow { slow(longest) } else { CheckResult::ok() })
    }

    /// What `PING` does not see. The worst is told, and of equals the first.
    async fn look_closer(
        &self,
        session: &Session,
        servers: &[Option<Server>],
        limit: Duration,
    ) -> Result<CheckResult, Failure> {
        let mut degraded = None;
        for server in servers {
            let commands = session.with(server.as_ref(), limit);
            let Some(text) = allowed(commands.info::<String>(None).await)? else { continue };
            let info = Info::parse(&text);
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
        self.keeper.run(self).await
    }
}
