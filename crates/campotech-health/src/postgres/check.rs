//! Asks a PostgreSQL database.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_core::ComponentStatus;
use deadpool::managed::Manager;
use deadpool_postgres::tokio_postgres::SimpleQueryMessage;
use deadpool_postgres::{ClientWrapper, Pool};
use tokio::time::Instant;

use super::saturation::Saturation;
use crate::link::{Failure, Keeper, Link, slow};
use crate::{Check, CheckResult, ConfigError, Reason};

/// One round trip for everything. The name is set each time: a pooler may have lent the connection out in between.
const QUESTION: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean, \
     set_config('application_name', 'campotech-health', false)";

/// Asks the database behind a pool whether it takes writes, on a connection of the check's own beside the pool.
///
/// It takes none of the pool's slots, so a pool that is used up is seen as what it is: the component is degraded and
/// not unhealthy. See the crate's page for what each reason means.
///
/// ```
/// use campotech_health::{Check, Health, Postgres};
/// use deadpool_postgres::tokio_postgres::NoTls;
/// use deadpool_postgres::{Manager, Pool};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::builder(Manager::new("postgres://jobs@db/jobs".parse()?, NoTls)).build()?;
/// let health = Health::builder("jobs-api", "1.4.2").check(Postgres::new(&pool).critical()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// Named `postgres`; 500 ms to connect and 900 ms in all; an answer that takes more than 500 ms is slow; every 10th run
/// opens a new connection; a pool that 2 runs in a row find full is saturated; a database that takes no writes is
/// unhealthy.
#[must_use]
pub struct Postgres {
    name: String,
    pool: Pool,
    keeper: Keeper<ClientWrapper>,
    slow: Duration,
    saturation: Saturation,
    reads_suffice: bool,
}

impl Postgres {
    /// Asks the database of `pool`, with its configuration, TLS included.
    pub fn new(pool: &Pool) -> Self {
        Self {
            name: "postgres".to_owned(),
            pool: pool.clone(),
            keeper: Keeper::new(),
            slow: Duration::from_millis(500),
            saturation: Saturation::new(),
            reads_suffice: false,
        }
    }

    /// Another name, as for a second database.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The time for a new connection: name resolution, connecting, TLS, authentication.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.keeper.set_connect_timeout(timeout, "the connect timeout of a postgres check")?;
        Ok(self)
    }

    /// The time for everything; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.keeper.set_timeout(timeout, "the timeout of a postgres check")?;
        Ok(self)
    }

    /// The time from which on an answer is slow, without that for connecting.
    pub const fn with_slow_after(mut self, limit: Duration) -> Self {
        self.slow = limit;
        self
    }

    /// How many runs a connection serves; 1 opens a new one each time.
    ///
    /// Only a new one finds that the server takes no more connections, knows our password no longer, or accepts and
    /// then hangs. As long as the old one answers, that is degraded.
    pub const fn with_runs_per_connection(mut self, runs: NonZeroU32) -> Self {
        self.keeper.set_runs_per_connection(runs);
        self
    }

    /// How many runs in a row have to find the pool full, with callers in its queue, until it is saturated.
    pub const fn with_saturated_after(mut self, runs: NonZeroU32) -> Self {
        self.saturation.threshold = runs;
        self
    }

    /// A database that takes no writes is healthy, as for a pool of read replicas.
    pub const fn with_reads_sufficing(mut self) -> Self {
        self.reads_suffice = true;
        self
    }

    /// What the pool adds to what the database said.
    fn with_pool(&self, result: CheckResult) -> CheckResult {
        let status = self.pool.status();
        let saturated = self.saturation.seen(status);
        let known = result.status() == ComponentStatus::Unhealthy
            || !matches!(result.reason(), Reason::Ok | Reason::Slow);
        if known || !saturated {
            return result;
        }
        let message = format!("{} connections in use, {} callers wait", status.size, status.waiting);
        CheckResult::degraded(Reason::Saturated).with_message(message)
    }
}

impl Link for Postgres {
    type Connection = ClientWrapper;

    async fn open(&self, _limit: Duration) -> Result<ClientWrapper, Failure> {
        let manager = self.pool.manager();
        let mut client = manager.create().await?;
        // The pool's list of statement caches would grow with each connection otherwise.
        manager.detach(&mut client);
        Ok(client)
    }

    async fn ask(&self, client: &mut ClientWrapper, _limit: Duration) -> Result<CheckResult, Failure> {
        let asked = Instant::now();
        let answer = client.simple_query(QUESTION).await?;
        let read_only = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).ok()?,
            _ => None,
        });
        let took = asked.elapsed();
        Ok(match read_only {
            Some("t") if !self.reads_suffice => CheckResult::failed(Reason::ReadOnly)
                .with_message("in recovery, or read-only by configuration"),
            Some("t" | "f") if took > self.slow => slow(took),
            Some("t" | "f") => CheckResult::ok(),
            _ => CheckResult::failed(Reason::BadBody).with_message("no boolean came back"),
        })
    }

    fn is_open(&self, client: &ClientWrapper) -> bool {
        !client.is_closed()
    }
}

impl Check for Postgres {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        if self.pool.is_closed() {
            return CheckResult::failed(Reason::Disabled).with_message("the pool is closed");
        }
        self.with_pool(self.keeper.run(self).await)
    }
}

// The pool's own shows its whole configuration.
impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("name", &self.name)
            .field("keeper", &self.keeper)
            .field("slow", &self.slow)
            .field("saturation", &self.saturation)
            .field("reads_suffice", &self.reads_suffice)
            .finish_non_exhaustive()
    }
}
