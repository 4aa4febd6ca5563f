//! Jobs: rows, pages, and moves by compare-and-set.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Connection;
use super::database::Database;
use super::paging::{one_more, page};
use crate::domain::{Job, JobKind, JobStatus, Priority};
use crate::store::{JobQuery, Page, PageKey, StatusChange, StoreError};

macro_rules! columns {
    () => {
        "id, kind, status, title, description, customer_phone, customer_email, priority, scheduled_at, owner, \
         created_at, updated_at"
    };
}

const CREATE: &str = concat!(
    "insert into jobs (",
    columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing"
);
const ONE: &str =
    concat!("select ", columns!(), " from jobs where id = $1 and (owner = $2 or owner is null)");
const MOVE: &str = "update jobs set status = $2, owner = $3, updated_at = $4 \
                    where id = $1 and status = $5 and owner is not distinct from $6";
/// The viewer's rows and those of the inbox, each read from its own index as far as the page reaches. `$3` and `$4` are
/// the place to go on from, far in the future for the first page.
const LIST: &str = concat!(
    "select * from (",
    "(select ",
    columns!(),
    " from jobs where owner = $1 and (created_at, id) < ($3, $4) order by created_at desc, id desc limit $2)",
    " union all ",
    "(select ",
    columns!(),
    " from jobs where owner is null and (created_at, id) < ($3, $4) order by created_at desc, id desc limit $2)",
    ") both_lists order by created_at desc, id desc limit $2"
);
const LIST_BY_STATUS: &str = concat!(
    "select * from (",
    "(select ",
    columns!(),
    " from jobs where owner = $1 and status = $5 and (created_at, id) < ($3, $4) \
     order by created_at desc, id desc limit $2)",
    " union all ",
    "(select ",
    columns!(),
    " from jobs where owner is null and status = $5 and (created_at, id) < ($3, $4) \
     order by created_at desc, id desc limit $2)",
    ") both_lists order by created_at desc, id desc limit $2"
);

/// Somebody else moved the job between our look and our move; beyond this many times, something is wrong.
const MOST_TRIES: u32 = 20;

pub(super) async fn create(database: &Database, job: &Job) -> Result<(), StoreError> {
    // The id is ours, so that a repeated insert changes nothing.
    database
        .query(
            CREATE,
            &[
                &job.id,
                &job.kind.as_str(),
                &job.status.as_str(),
                &job.title,
                &job.description,
                &job.customer_phone,
                &job.customer_email,
                &job.priority.as_str(),
                &job.scheduled_at,
                &job.owner,
                &job.created_at,
                &job.updated_at,
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn get(database: &Database, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
    let row = database.query_opt(ONE, &[&id, &viewer]).await?;
    job(&row.ok_or(StoreError::NotFound)?)
}

pub(super) async fn update_status(
    database: &Database,
    viewer: Uuid,
    id: Uuid,
    status: JobStatus,
    now: Timestamp,
) -> Result<StatusChange, StoreError> {
    let mut connection = database.connection().await?;
    for _ in 0..MOST_TRIES {
        let before = visible(&mut connection, viewer, id).await?;
        let mut job = before.clone();
        let changed = job.move_to(status, viewer, now)?;
        let change = StatusChange { job, changed, owner_before: before.owner };
        if !changed {
            return Ok(change);
        }
        let job = &change.job;
        let (to, from) = (job.status.as_str(), before.status.as_str());
        let moved =
            connection.execute(MOVE, &[&id, &to, &job.owner, &job.updated_at, &from, &before.owner]).await?;
        if moved == 1 {
            return Ok(change);
        }
    }
    Err(StoreError::damaged(Restless))
}

pub(super) async fn list(
    database: &Database,
    viewer: Uuid,
    query: JobQuery,
) -> Result<Page<Job>, StoreError> {
    let one_more = one_more(query.limit);
    let PageKey { created_at, id } =
        query.after.unwrap_or(PageKey { created_at: Timestamp::MAX, id: Uuid::max() });
    let rows = match query.status {
        None => database.query(LIST, &[&viewer, &one_more, &created_at, &id]).await?,
        Some(status) => {
            let status = status.as_str();
            database.query(LIST_BY_STATUS, &[&viewer, &one_more, &created_at, &id, &status]).await?
        }
    };
    let items = rows.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    Ok(page(items, query.limit, |last| PageKey { created_at: last.created_at, id: last.id }))
}

async fn visible(connection: &mut Connection, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
    let row = connection.query_opt(ONE, &[&id, &viewer]).await?;
    job(&row.ok_or(StoreError::NotFound)?)
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.try_get(0)?,
        kind: JobKind::from_name(row.try_get(1)?).ok_or_else(|| StoreError::damaged(UnknownWord))?,
        status: JobStatus::from_name(row.try_get(2)?).ok_or_else(|| StoreError::damaged(UnknownWord))?,
        title: row.try_get(3)?,
        description: row.try_get(4)?,
        customer_phone: row.try_get(5)?,
        customer_email: row.try_get(6)?,
        priority: Priority::from_name(row.try_get(7)?).ok_or_else(|| StoreError::damaged(UnknownWord))?,
        scheduled_at: row.try_get(8)?,
        owner: row.try_get(9)?,
        created_at: row.try_get(10)?,
        updated_at: row.try_get(11)?,
    })
}

/// A word in a row that a later version may know.
#[derive(Debug, thiserror::Error)]
#[error("a job holds a word that this version doesn't know")]
struct UnknownWord;

#[derive(Debug, thiserror::Error)]
#[error("a job is moved by others without end")]
struct Restless;
