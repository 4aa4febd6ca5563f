//! Customers, and their index by owner.

use redb::{ReadTransaction, WriteTransaction};
use uuid::Uuid;

use super::codec::{decode, encode};
use super::tables::{CUSTOMERS, CUSTOMERS_BY_OWNER, record, upper_end};
use crate::domain::Customer;
use crate::store::{Page, PageKey, StoreError};

pub(super) fn insert(txn: &WriteTransaction, customer: &Customer) -> Result<(), StoreError> {
    let (owner, id) = (customer.owner.as_u128(), customer.id.as_u128());
    txn.open_table(CUSTOMERS)?.insert(id, encode(customer)?.as_slice())?;
    txn.open_table(CUSTOMERS_BY_OWNER)?.insert((owner, customer.created_at.as_microsecond(), id), ())?;
    Ok(())
}

pub(super) fn get(txn: &ReadTransaction, viewer: Uuid, id: Uuid) -> Result<Customer, StoreError> {
    let bytes = record(txn, CUSTOMERS, id)?.ok_or(StoreError::NotFound)?;
    let customer: Customer = decode(&bytes)?;
    if customer.owner == viewer { Ok(customer) } else { Err(StoreError::NotFound) }
}

pub(super) fn list(
    txn: &ReadTransaction,
    viewer: Uuid,
    after: Option<PageKey>,
    limit: usize,
) -> Result<Page<Customer>, StoreError> {
    let index = txn.open_table(CUSTOMERS_BY_OWNER)?;
    let (owner, (created, id)) = (viewer.as_u128(), upper_end(after));
    let mut items: Vec<Customer> = Vec::new();
    for entry in index.range((owner, i64::MIN, 0)..(owner, created, id))?.rev() {
        if items.len() == limit {
            let next = items.last().map(|last| PageKey { created_at: last.created_at, id: last.id });
            return Ok(Page { items, next });
        }
        items.push(get(txn, viewer, Uuid::from_u128(entry?.0.value().2))?);
    }
    Ok(Page { items, next: None })
}
