//! Customers.

use tokio_postgres::Row;
use uuid::Uuid;

use super::database::Database;
use super::paging::{one_more, page};
use crate::domain::Customer;
use crate::store::{Page, PageKey, StoreError};

const CREATE: &str = "insert into customers (id, owner, name, email, phone, cuit, created_at) \
                      values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
const ONE: &str =
    "select id, owner, name, email, phone, cuit, created_at from customers where id = $1 and owner = $2";
const LIST: &str = "select id, owner, name, email, phone, cuit, created_at from customers \
                    where owner = $1 order by created_at desc, id desc limit $2";
const LIST_AFTER: &str = "select id, owner, name, email, phone, cuit, created_at from customers \
                          where owner = $1 and (created_at, id) < ($3, $4) order by created_at desc, id desc limit $2";

pub(super) async fn create(database: &Database, customer: &Customer) -> Result<(), StoreError> {
    let Customer { id, owner, name, email, phone, cuit, created_at } = customer;
    // The id is ours, so that a repeated insert changes nothing.
    database.query(CREATE, &[id, owner, name, email, phone, cuit, created_at]).await?;
    Ok(())
}

pub(super) async fn get(database: &Database, viewer: Uuid, id: Uuid) -> Result<Customer, StoreError> {
    let row = database.query_opt(ONE, &[&id, &viewer]).await?;
    customer(&row.ok_or(StoreError::NotFound)?)
}

pub(super) async fn list(
    database: &Database,
    viewer: Uuid,
    after: Option<PageKey>,
    limit: usize,
) -> Result<Page<Customer>, StoreError> {
    let rows_wanted = one_more(limit);
    let rows = match after {
        None => database.query(LIST, &[&viewer, &rows_wanted]).await?,
        Some(key) => database.query(LIST_AFTER, &[&viewer, &rows_wanted, &key.created_at, &key.id]).await?,
    };
    let items = rows.iter().map(customer).collect::<Result<Vec<_>, _>>()?;
    Ok(page(items, limit, |last| PageKey { created_at: last.created_at, id: last.id }))
}

fn customer(row: &Row) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: row.try_get(0)?,
        owner: row.try_get(1)?,
        name: row.try_get(2)?,
        email: row.try_get(3)?,
        phone: row.try_get(4)?,
        cuit: row.try_get(5)?,
        created_at: row.try_get(6)?,
    })
}
