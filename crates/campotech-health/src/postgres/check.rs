//! Asks a PostgreSQL database.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_core::{ComponentStatus, Measure};
use deadpool::managed::Manager;
use deadpool_postgres::tokio_postgres::error::SqlState;
use deadpool_postgres::{ClientWrapper, Pool};
use tokio::time::Instant;

use super::migrations::Migrations;
use super::question::Question;
use super::usage::usage;
use crate::bounds::not_zero;
use crate::link::{Failure, Keeper, Link};
use crate::queue::Streak;
use crate::{Check, CheckResult, ConfigError, Reason};

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
/// unhealthy; neither lag, transactions nor migrations are looked at.
#[must_use]
pub struct Postgres {
    name: String,
    pool: Pool,
    keeper: Keeper<ClientWrapper>,
    question: Question,
    saturation: Streak,
}

impl Postgres {
    /// Asks the database of `pool`, with its configuration, TLS included.
    pub fn new(pool: &Pool) -> Self {
        Self {
            name: "postgres".to_owned(),
            pool: pool.clone(),
            keeper: Keeper::new(),
            question: Question::new(),
            saturation: Streak::new(),
        }
    }

    /// Another name, as for a second database.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The time for a new connection: name resolution, connecting, TLS, authentication. Beside an old connection it is
    /// half of [`with_timeout`](Self::with_timeout) at most.
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
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_slow_after(mut self, limit: Duration) -> Result<Self, ConfigError> {
        self.question.slow = not_zero(limit, "the time from which on a postgres check is slow")?;
        Ok(self)
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
        self.question.reads_suffice = true;
        self
    }

    /// How far a standby may be behind. It is degraded beyond that: `slow`, or `replica_link_down` where it receives
    /// nothing. A standby is looked at [`with_reads_sufficing`](Self::with_reads_sufficing); elsewhere it is `read_only`.
    ///
    /// A standby that has replayed all that it received is not behind, however old its last transaction is. After an idle
    /// time one run may see a lag as long as that, when a record lies between receipt and replay. That its link hangs is
    /// known to it after `wal_receiver_timeout`.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_replication_lag(mut self, most: Duration) -> Result<Self, ConfigError> {
        self.question.set_lag(not_zero(most, "the replication lag of a postgres check")?);
        Ok(self)
    }

    /// How long a transaction of this database may be open; beyond that it is degraded, reason `slow`. An old one holds up
    /// the vacuum, and whoever wants what it has locked.
    ///
    /// A role sees its own transactions, and with `pg_read_all_stats` those of all.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_oldest_transaction(mut self, most: Duration) -> Result<Self, ConfigError> {
        self.question.set_oldest(not_zero(most, "the oldest transaction of a postgres check")?);
        Ok(self)
    }

    /// The migration that the service needs: the greatest number in a column of the migration tool's table, such as
    /// `version` of `_sqlx_migrations`. Without it, or the table, the database is unhealthy, reason `starting_up`.
    ///
    /// Names are taken as they are, capitals too; a table may be named with its schema, `app.migrations`. The role of the
    /// pool needs `USAGE` on the schema and `SELECT` on the table.
    ///
    /// # Errors
    /// [`ConfigError::InvalidIdentifier`] for names that are not 1 to 63 characters `a-z`, `A-Z`, `0-9`, `_`, or start with
    /// a digit.
    pub fn with_migrations(mut self, table: &str, column: &str, at_least: i64) -> Result<Self, ConfigError> {
        self.question.set_migrations(Migrations::new(table, column, at_least)?);
        Ok(self)
    }

    /// What the pool adds to what the database said.
    fn with_pool(&self, result: CheckResult) -> CheckResult {
        let usage = usage(self.pool.status());
        let saturated = self.saturation.seen(usage.is_full());
        let known = result.status() == ComponentStatus::Unhealthy
            || !matches!(result.reason(), Reason::Ok | Reason::Slow);
        let measures = *result.measures();
        let result = if known || !saturated {
            result
        } else {
            CheckResult::degraded(Reason::Saturated).with_message(usage).with_measures(measures)
        };
        match usage.ratio() {
            Some(ratio) => result.with_measure(Measure::UsedRatio, ratio),
            None => result,
        }
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
        match client.simple_query(self.question.sql()).await {
            Ok(answer) => Ok(self.question.judge(&answer, asked.elapsed())),
            // The statement names no other table.
            Err(error)
                if self.question.asks_for_migrations()
                    && error.code() == Some(&SqlState::UNDEFINED_TABLE) =>
            {
                Ok(CheckResult::failed(Reason::StartingUp).with_message("there is no table of migrations"))
            }
            Err(error) => Err(error.into()),
        }
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
            .field("question", &self.question)
            .field("saturation", &self.saturation)
            .finish_non_exhaustive()
    }
}
