//! What a run asks, in one statement, and what its row says.

use std::fmt::Write;
use std::time::Duration;

use campotech_core::{ComponentStatus, Measure};
use deadpool_postgres::tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::migrations::Migrations;
use crate::link::slow;
use crate::{CheckResult, Reason};

/// The name is set each time: a pooler may have lent the connection out in between.
const ALWAYS: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only, \
     set_config('application_name', 'campotech-health', false)";

/// All that was received is replayed: the last transaction may be long ago, and nothing is missing. Without a receiver
/// that is not known. What replayed nothing since its start is behind at least since then.
const LAG: &str = ", CASE WHEN NOT pg_is_in_recovery() THEN 0 \
     WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0 \
     ELSE greatest(0, extract(epoch FROM clock_timestamp() \
     - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))) END AS lag, \
     EXISTS (SELECT FROM pg_stat_wal_receiver) AS linked";

/// Only those of the same database hold up its vacuum. Other kinds of sessions are allowed to take their time.
const OLDEST: &str = ", (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0) \
     FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() \
     AND backend_type = 'client backend') AS oldest";

/// What is asked, and what answers are fine.
#[derive(Debug, Clone)]
pub(super) struct Question {
    sql: String,
    pub(super) slow: Duration,
    pub(super) reads_suffice: bool,
    lag: Option<Duration>,
    oldest: Option<Duration>,
    migrations: Option<Migrations>,
}

impl Question {
    pub(super) fn new() -> Self {
        Self {
            sql: ALWAYS.to_owned(),
            slow: Duration::from_millis(500),
            reads_suffice: false,
            lag: None,
            oldest: None,
            migrations: None,
        }
    }

    pub(super) fn set_lag(&mut self, most: Duration) {
        self.lag = Some(most);
        self.write();
    }

    pub(super) fn set_oldest(&mut self, most: Duration) {
        self.oldest = Some(most);
        self.write();
    }

    pub(super) fn set_migrations(&mut self, migrations: Migrations) {
        self.migrations = Some(migrations);
        self.write();
    }

    fn write(&mut self) {
        let mut sql = ALWAYS.to_owned();
        sql.push_str(self.lag.map_or("", |_| LAG));
        sql.push_str(self.oldest.map_or("", |_| OLDEST));
        if let Some(migrations) = &self.migrations {
            // Writing into a string never fails.
            let _ = write!(sql, ", ({migrations}) AS migration");
        }
        self.sql = sql;
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) const fn asks_for_migrations(&self) -> bool {
        self.migrations.is_some()
    }

    /// What the answer means; the worst is told, and of equals the first.
    pub(super) fn judge(&self, answer: &[SimpleQueryMessage], took: Duration) -> CheckResult {
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let bad = |what| CheckResult::failed(Reason::BadBody).with_message(what);
        let Some((row, read_only)) = row.and_then(|row| Some((row, boolean(row, "read_only")?))) else {
            return bad("no boolean came back");
        };
        let lag = self.lag.map(|most| (most, number(row, "lag")));
        let oldest = self.oldest.map(|most| (most, number(row, "oldest")));
        let mut result = if read_only && !self.reads_suffice {
            CheckResult::failed(Reason::ReadOnly).with_message("in recovery, or read-only by configuration")
        } else {
            let migrated =
                self.migrations.as_ref().map(|migrations| migrations.judge(text(row, "migration")));
            let degraded = || {
                lag.and_then(|(most, lag)| late(lag?, most, boolean(row, "linked")?))
                    .or_else(|| oldest.and_then(|(most, age)| old(age?, most)))
                    .or_else(|| (took > self.slow).then(|| slow(took)))
            };
            let migrated = migrated.filter(|result| result.status() != ComponentStatus::Healthy);
            migrated.or_else(degraded).unwrap_or_else(CheckResult::ok)
        };
        if let Some((_, Some(lag))) = lag {
            result = result.with_measure(Measure::ReplicationLag, lag);
        }
        if let Some((_, Some(age))) = oldest {
            result = result.with_measure(Measure::OldestTransaction, age);
        }
        result
    }
}

fn late(lag: f64, most: Duration, linked: bool) -> Option<CheckResult> {
    let reason = if linked { Reason::Slow } else { Reason::ReplicaLinkDown };
    let result = || CheckResult::degraded(reason).with_message(format_args!("{lag:.1} s behind"));
    (lag > most.as_secs_f64()).then(result)
}

fn old(age: f64, most: Duration) -> Option<CheckResult> {
    let message = format_args!("a transaction is open for {age:.1} s");
    (age > most.as_secs_f64()).then(|| CheckResult::degraded(Reason::Slow).with_message(message))
}

fn text<'a>(row: &'a SimpleQueryRow, column: &str) -> Option<&'a str> {
    row.try_get(column).ok().flatten()
}

fn number(row: &SimpleQueryRow, column: &str) -> Option<f64> {
    text(row, column)?.parse().ok()
}

fn boolean(row: &SimpleQueryRow, column: &str) -> Option<bool> {
    match text(row, column)? {
        "t" => Some(true),
        "f" => Some(false),
        _ => None,
    }
}
