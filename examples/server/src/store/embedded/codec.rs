//! Records as JSON: readable with any tool, and a new optional field needs no migration.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{StorageFault, StoreError};

/// Our records can't fail here; if one did, half of its change may be applied, so the transaction ends.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, StoreError> {
    let corrupt = |error| StoreError::Storage { fault: StorageFault::Corrupt, source: Arc::new(error) };
    serde_json::to_vec(record).map_err(corrupt)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(StoreError::damaged)
}
