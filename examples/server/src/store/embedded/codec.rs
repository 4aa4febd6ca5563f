//! Records as JSON: readable with any tool, and a new optional field needs no migration.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(StoreError::damaged)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(StoreError::damaged)
}
