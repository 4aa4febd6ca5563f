//! The queue: entries wait, are lent for a while, and end in a job, in another try or given up.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::database::Database;
use super::dead;
use crate::domain::{InboundMessage, Job, QueueName};
use crate::store::{Claimed, Completed, Lending, QueueDepth, QueueEntry, QueueStats, StoreError};

/// An entry that was handed out so often and never came back kills its worker: it is given up. One that was revived has as
/// many deliveries again; they go on counting, so that a worker from before can't take the new lease for its own.
const MOST_DELIVERIES: i32 = 25;

/// Rows that another replica is lending right now are passed, not waited for.
macro_rules! lend {
    ($deliveries:literal) => {
        concat!(
            "with due as (select id, due_at from outbox where due_at <= $1 order by due_at, id limit $2 \
             for update skip locked), \
             lent as (update outbox set deliveries = ",
            $deliveries,
            ", due_at = $3, leased = true from due where outbox.id = due.id \
             returning outbox.id, outbox.message_id, outbox.failures, outbox.deliveries, outbox.enqueued_at, \
             due.due_at as was_due) \
             select lent.id, lent.failures, lent.deliveries, lent.enqueued_at, messages.message \
             from lent join messages on messages.id = lent.message_id order by lent.was_due, lent.id"
        )
    };
}
const CLAIM: &str = lend!("deliveries + 1");
/// Handed over to a queue that delivers by itself: what is still with it counts as the same delivery.
const HAND_OVER: &str = lend!("deliveries + case when leased then 0 else 1 end");
const NEXT_DUE: &str = "select min(due_at) from outbox";
const COMPLETE: &str = "with gone as (delete from outbox where id = $1 and message_id = $3 returning message_id), \
     finished as (update messages set finished_at = $2 from gone where messages.id = gone.message_id) \
     select count(*) from gone";
const COMPLETE_WITH_JOB: &str = "with gone as (delete from outbox where id = $1 and message_id = $3 returning message_id), \
     made as (insert into jobs (id, kind, status, title, description, customer_phone, customer_email, priority, \
       scheduled_at, owner, created_at, updated_at) \
       select $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from gone), \
     finished as (update messages set finished_at = $2, job = $4 from gone where messages.id = gone.message_id) \
     select count(*) from gone";
const RETRY: &str = "update outbox set failures = failures + 1, due_at = $3, leased = false \
                     where id = $1 and leased and deliveries = $2 and message_id = $4";
/// Counted as far as the number tells anything.
const STATS: &str = "select queue, \
       (select count(*) from (select 1 from outbox where outbox.queue = queues.queue limit 100000) as counted), \
       (select min(enqueued_at) from outbox where outbox.queue = queues.queue) \
     from (values ('jobs'), ('voice')) as queues (queue)";

pub(super) async fn claim(
    database: &Database,
    limit: usize,
    lease: Duration,
    lending: Lending,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let until = now.checked_add(lease).unwrap_or(now);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut connection = database.connection().await?;
    let statement = match lending {
        Lending::Delivery => CLAIM,
        Lending::HandOver => HAND_OVER,
    };
    let mut entries = Vec::new();
    for row in connection.query(statement, &[&now, &limit, &until]).await? {
        let (id, deliveries): (i64, i32) = (row.try_get(0)?, row.try_get(2)?);
        if deliveries % (MOST_DELIVERIES + 1) == 0 {
            dead::bury_worn_out(&mut connection, id, deliveries, now).await?;
            continue;
        }
        match row.try_get::<_, Json<InboundMessage>>(4) {
            Ok(Json(message)) => entries.push(entry(&row, id, deliveries, message)?),
            Err(error) => {
                tracing::error!(entry = id, %error, "an entry of the queue can't be read and is set aside");
                dead::set_aside(&mut connection, id, now).await?;
            }
        }
    }
    let next_due = connection.query_opt(NEXT_DUE, &[]).await?;
    let next_due = next_due.map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(Claimed { entries, next_due })
}

/// Who completes first wins, lease or not: the work is done.
pub(super) async fn complete(
    database: &Database,
    entry: &QueueEntry,
    job: Option<&Job>,
    now: Timestamp,
) -> Result<Completed, StoreError> {
    // By the message too: a number alone may be one of a database that was here before.
    let (id, message) = (key(entry.id), entry.message.id.as_str());
    let mut connection = database.connection().await?;
    let row = match job {
        None => connection.query_opt(COMPLETE, &[&id, &now, &message]).await?,
        Some(job) => {
            let (kind, status, priority) = (job.kind.as_str(), job.status.as_str(), job.priority.as_str());
            connection
                .query_opt(
                    COMPLETE_WITH_JOB,
                    &[
                        &id,
                        &now,
                        &message,
                        &job.id,
                        &kind,
                        &status,
                        &job.title,
                        &job.description,
                        &job.customer_phone,
                        &job.customer_email,
                        &priority,
                        &job.scheduled_at,
                        &job.owner,
                        &job.created_at,
                        &job.updated_at,
                    ],
                )
                .await?
        }
    };
    let gone: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    Ok(if gone == 1 { Completed::Done } else { Completed::Already })
}

pub(super) async fn retry(
    database: &Database,
    entry: &QueueEntry,
    not_before: Timestamp,
) -> Result<bool, StoreError> {
    let mut connection = database.connection().await?;
    let changed = connection
        .execute(RETRY, &[&key(entry.id), &count(entry.deliveries), &not_before, &entry.message.id.as_str()])
        .await?;
    Ok(changed == 1)
}

pub(super) async fn stats(database: &Database) -> Result<QueueStats, StoreError> {
    let mut connection = database.connection().await?;
    let mut stats = QueueStats { dead: dead::count(&mut connection).await?, ..QueueStats::default() };
    for row in connection.query(STATS, &[]).await? {
        let size: i64 = row.try_get(1)?;
        let depth = QueueDepth { size: size.unsigned_abs(), oldest: row.try_get(2)? };
        match row.try_get::<_, &str>(0)? {
            "voice" => stats.voice = depth,
            _ => stats.jobs = depth,
        }
    }
    Ok(stats)
}

pub(super) const fn queue_name(queue: QueueName) -> &'static str {
    match queue {
        QueueName::Jobs => "jobs",
        QueueName::Voice => "voice",
    }
}

/// An entry's number as the database has it.
pub(super) fn key(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

/// A count as the database has it.
pub(super) fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn entry(row: &Row, id: i64, deliveries: i32, message: InboundMessage) -> Result<QueueEntry, StoreError> {
    Ok(QueueEntry {
        id: id.unsigned_abs(),
        message,
        failures: row.try_get::<_, i32>(1)?.unsigned_abs(),
        deliveries: deliveries.unsigned_abs(),
        enqueued_at: row.try_get(3)?,
    })
}
