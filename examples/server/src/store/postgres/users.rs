//! Users and sessions.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::database::Database;
use crate::domain::{Session, TokenHash, User};
use crate::store::{Conflict, StoreError};

const CREATE: &str = "insert into users (id, email, email_key, name, password_hash) values ($1, $2, $3, $4, $5) \
                      on conflict (email_key) do nothing";
const BY_EMAIL_KEY: &str = "select id, email, email_key, name, password_hash from users where email_key = $1";
const CREATE_SESSION: &str = "insert into sessions (token_hash, user_id, expires_at) values ($1, $2, $3)";
const SESSION: &str = "select user_id, expires_at from sessions where token_hash = $1";

pub(super) async fn create(database: &Database, user: &User) -> Result<(), StoreError> {
    let User { id, email, email_key, name, password_hash } = user;
    let mut connection = database.connection().await?;
    match connection.execute(CREATE, &[id, email, email_key, name, password_hash]).await? {
        0 => Err(Conflict::EmailTaken.into()),
        _ => Ok(()),
    }
}

pub(super) async fn by_email_key(database: &Database, key: &str) -> Result<Option<User>, StoreError> {
    let row = database.query_opt(BY_EMAIL_KEY, &[&key]).await?;
    row.map(|row| user(&row)).transpose()
}

pub(super) async fn create_session(database: &Database, session: &Session) -> Result<(), StoreError> {
    let hash = session.token_hash.as_bytes().as_slice();
    let mut connection = database.connection().await?;
    connection.execute(CREATE_SESSION, &[&hash, &session.user_id, &session.expires_at]).await?;
    Ok(())
}

pub(super) async fn session(
    database: &Database,
    token_hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let hash = token_hash.as_bytes().as_slice();
    let Some(row) = database.query_opt(SESSION, &[&hash]).await? else { return Ok(None) };
    let session = Session { token_hash, user_id: row.try_get(0)?, expires_at: row.try_get(1)? };
    Ok(Some(session).filter(|session| session.is_live(now)))
}

fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        email_key: row.try_get(2)?,
        name: row.try_get(3)?,
        password_hash: row.try_get(4)?,
    })
}
