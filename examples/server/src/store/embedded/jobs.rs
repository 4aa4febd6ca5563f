//! Jobs, and their index by owner and status.

use std::collections::BinaryHeap;

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use uuid::Uuid;

use super::codec::{decode, encode};
use super::tables::{INBOX, JOBS, JOBS_BY_OWNER, record, upper_end};
use crate::domain::{Job, JobStatus};
use crate::store::{JobQuery, Page, PageKey, StatusChange, StoreError};

pub(super) fn insert(txn: &WriteTransaction, job: &Job) -> Result<(), StoreError> {
    txn.open_table(JOBS)?.insert(job.id.as_u128(), encode(job)?.as_slice())?;
    txn.open_table(JOBS_BY_OWNER)?.insert(index_key(job), ())?;
    Ok(())
}

pub(super) fn get(txn: &ReadTransaction, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
    let bytes = record(txn, JOBS, id)?.ok_or(StoreError::NotFound)?;
    visible(decode(&bytes)?, viewer)
}

pub(super) fn update_status(
    txn: &WriteTransaction,
    viewer: Uuid,
    id: Uuid,
    status: JobStatus,
    now: Timestamp,
) -> Result<StatusChange, StoreError> {
    let mut jobs = txn.open_table(JOBS)?;
    let before: Job = match jobs.get(id.as_u128())? {
        Some(bytes) => visible(decode(bytes.value())?, viewer)?,
        None => return Err(StoreError::NotFound),
    };
    let mut job = before.clone();
    let changed = job.move_to(status, viewer, now)?;
    if changed {
        jobs.insert(id.as_u128(), encode(&job)?.as_slice())?;
        let mut index = txn.open_table(JOBS_BY_OWNER)?;
        index.remove(index_key(&before))?;
        index.insert(index_key(&job), ())?;
    }
    Ok(StatusChange { job, changed, owner_before: before.owner })
}

/// Merges the ranges of the viewer and of the inbox, one for each status that is asked for: no row is
/// read that isn't answered, and the order is the same whatever happens to a job meanwhile.
pub(super) fn list(txn: &ReadTransaction, viewer: Uuid, query: JobQuery) -> Result<Page<Job>, StoreError> {
    let index = txn.open_table(JOBS_BY_OWNER)?;
    let (created, id) = upper_end(query.after);
    let mut lanes = Vec::new();
    for owner in [viewer.as_u128(), INBOX] {
        for status in JobStatus::ALL {
            if query.status.is_none_or(|only| only == status) {
                let status = status as u8;
                lanes.push(index.range((owner, status, i64::MIN, 0)..(owner, status, created, id))?.rev());
            }
        }
    }
    let mut heads = BinaryHeap::new();
    for (lane, range) in lanes.iter_mut().enumerate() {
        if let Some(entry) = range.next() {
            let (_, _, created, id) = entry?.0.value();
            heads.push((created, id, lane));
        }
    }
    let jobs = txn.open_table(JOBS)?;
    let mut items: Vec<Job> = Vec::new();
    while let Some((_, id, lane)) = heads.pop() {
        if items.len() == query.limit {
            let next = items.last().map(|job| PageKey { created_at: job.created_at, id: job.id });
            return Ok(Page { items, next });
        }
        let bytes = jobs.get(id)?.ok_or_else(|| StoreError::damaged(MissingJob))?;
        items.push(decode(bytes.value())?);
        if let Some(entry) = lanes[lane].next() {
            let (_, _, created, id) = entry?.0.value();
            heads.push((created, id, lane));
        }
    }
    Ok(Page { items, next: None })
}

/// The index names a job that isn't there.
#[derive(Debug, thiserror::Error)]
#[error("the index of jobs names one that is missing")]
struct MissingJob;

fn visible(job: Job, viewer: Uuid) -> Result<Job, StoreError> {
    if job.is_visible_to(viewer) { Ok(job) } else { Err(StoreError::NotFound) }
}

fn index_key(job: &Job) -> (u128, u8, i64, u128) {
    let owner = job.owner.map_or(INBOX, |owner| owner.as_u128());
    (owner, job.status as u8, job.created_at.as_microsecond(), job.id.as_u128())
}
