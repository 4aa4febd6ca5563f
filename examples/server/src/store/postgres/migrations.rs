//! The tables, made and changed by one replica at a time.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::database::Database;
use crate::store::StoreError;

/// The steps in their order; one that was released is never changed.
const STEPS: &[(i32, &str)] = &[(1, include_str!("migrations/0001_initial.sql"))];

/// The version that this program knows.
const NEWEST: i32 = STEPS[STEPS.len() - 1].0;

/// Whoever has this lock migrates; it ends with the transaction, also when its holder is killed.
const LOCK: &str = "select pg_advisory_xact_lock(7223372036854775807)";
const TABLE: &str = "create table if not exists campotech_migrations ( \
                       version integer primary key, applied_at timestamptz not null default now())";
const EXISTS: &str = "select to_regclass('campotech_migrations') is not null";
const APPLIED: &str = "select coalesce(max(version), 0) from campotech_migrations";

/// Waiting for another replica's migration, and the migration itself.
const DEADLINE: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_secs(1);

/// Migrates as soon as the database is there, however late that is. What is in the way is said once.
pub(super) async fn until_done(database: Database, stop: CancellationToken) {
    let mut said: Option<&'static str> = None;
    loop {
        let Some(outcome) = stop.run_until_cancelled(migrate(&database)).await else { return };
        match outcome {
            Ok(applied) => {
                tracing::info!(applied, "the tables are up to date");
                database.set_migrated();
                return;
            }
            Err(error) => {
                if said.replace(error.code()) != Some(error.code()) {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the tables can't be made yet; trying again every second");
                }
            }
        }
        if stop.run_until_cancelled(sleep(AGAIN)).await.is_none() {
            return;
        }
    }
}

/// How many steps were taken now. Where there are none to take, nothing is written: a standby will do.
async fn migrate(database: &Database) -> Result<usize, StoreError> {
    let mut connection = database.any_connection().await?;
    if let Some(found) = version(&mut connection).await?
        && found >= NEWEST
    {
        if found > NEWEST {
            tracing::info!(found, "the tables are those of a newer version of this program");
        }
        return Ok(0);
    }
    let applied = in_transaction(&mut connection).await;
    if applied.is_err() {
        // Where this fails too, the connection is closed, and the server rolls back.
        let _ = connection.batch("rollback", AGAIN).await;
    }
    applied
}

async fn in_transaction(connection: &mut Connection) -> Result<usize, StoreError> {
    let begin = format!(
        "begin; set local statement_timeout = 0; set local lock_timeout = 0; \
         set local idle_in_transaction_session_timeout = 0; {LOCK}; {TABLE}"
    );
    connection.batch(&begin, DEADLINE).await?;
    let row = connection.query_opt(APPLIED, &[]).await?;
    let found: i32 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    let mut applied = 0;
    for (version, sql) in STEPS.iter().filter(|(version, _)| *version > found) {
        let noted = format!("{sql}; insert into campotech_migrations (version) values ({version})");
        connection.batch(&noted, DEADLINE).await?;
        applied += 1;
    }
    connection.batch("commit", DEADLINE).await?;
    Ok(applied)
}

/// The version of the tables, if there are any.
async fn version(connection: &mut Connection) -> Result<Option<i32>, StoreError> {
    let row = connection.query_opt(EXISTS, &[]).await?;
    let exists = row.map(|row| row.try_get::<_, bool>(0)).transpose()?.unwrap_or(false);
    if exists { applied_version(connection).await.map(Some) } else { Ok(None) }
}

async fn applied_version(connection: &mut Connection) -> Result<i32, StoreError> {
    let row = connection.query_opt(APPLIED, &[]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_from_one() {
        assert!(STEPS.iter().map(|(version, _)| *version).eq(1..=i32::try_from(STEPS.len()).unwrap()));
    }
}
