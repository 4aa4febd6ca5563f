//! Entries of the queue that can't be decoded: they are set aside, so that the others go on.

use std::collections::HashSet;

use redb::{ReadableTable, WriteTransaction};

use super::tables::{DAMAGED, OUTBOX, OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE};
use crate::store::StoreError;

/// Moves entries out of the queue, byte for byte; one that is named by an index only leaves the index.
///
/// What an entry is due and in which queue can't be told without it, so the indexes are searched:
/// once, however many entries there are.
pub(super) fn set_aside(txn: &WriteTransaction, entries: &HashSet<u64>) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut outbox = txn.open_table(OUTBOX)?;
    let mut damaged = txn.open_table(DAMAGED)?;
    for id in entries {
        if let Some(bytes) = outbox.remove(*id)? {
            damaged.insert(*id, bytes.value())?;
        }
    }
    for index in [OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE] {
        let mut index = txn.open_table(index)?;
        let mut stale = Vec::new();
        for key in index.iter()? {
            let key = key?.0.value();
            if entries.contains(&key.1) {
                stale.push(key);
            }
        }
        for key in stale {
            index.remove(key)?;
        }
    }
    Ok(())
}

/// Says once, when the entry is set aside, why.
pub(super) fn log(entry: u64, error: &StoreError) {
    let error = error as &dyn std::error::Error;
    tracing::error!(entry, error, "an entry of the queue can't be read and is set aside");
}
