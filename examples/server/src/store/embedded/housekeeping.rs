//! The heartbeat, and what is removed with time.

use jiff::Timestamp;
use redb::WriteTransaction;

use super::tables::HEARTBEAT;
use super::{messages, users};
use crate::store::{Expired, StoreError};

pub(super) fn beat(txn: &WriteTransaction, now: Timestamp) -> Result<(), StoreError> {
    txn.open_table(HEARTBEAT)?.insert((), now.as_microsecond())?;
    Ok(())
}

pub(super) fn delete_expired(
    txn: &WriteTransaction,
    limit: usize,
    now: Timestamp,
) -> Result<Expired, StoreError> {
    let sessions = users::delete_ended(txn, limit, now)?;
    let messages = messages::forget_old(txn, limit, now)?;
    Ok(Expired { sessions, messages })
}
