//! What the driver's errors mean for the store.

use std::error::Error;

use tokio_postgres::error::SqlState;

use crate::store::{StorageFault, StoreError};

/// The database said nothing in time, or the connection is gone.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the database")]
pub(super) struct NoAnswer;

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::storage(fault(&error), Said::by(&error))
    }
}

/// What the driver or the server said, without the row that it may quote.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl Said {
    fn by(error: &tokio_postgres::Error) -> Self {
        let words = match error.as_db_error() {
            Some(said) => {
                let constraint = said.constraint().map(|name| format!(", constraint {name}"));
                let constraint = constraint.unwrap_or_default();
                format!("{} {}: {}{constraint}", said.severity(), said.code().code(), said.message())
            }
            None => {
                let causes = std::iter::successors(error.source(), |cause| (*cause).source());
                causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
            }
        };
        Self(words.replace('\n', "; "))
    }
}

fn fault(error: &tokio_postgres::Error) -> StorageFault {
    let Some(code) = error.code() else {
        if error.to_string() == "authentication error" {
            return StorageFault::Denied;
        }
        let lost = error.is_closed() || error.source().is_some_and(<dyn Error>::is::<std::io::Error>);
        return if lost || before_the_session(error) {
            StorageFault::Unreachable
        } else {
            StorageFault::Refused
        };
    };
    match code {
        c if *c == SqlState::CANNOT_CONNECT_NOW => StorageFault::NotReady,
        c if *c == SqlState::READ_ONLY_SQL_TRANSACTION => StorageFault::ReadOnly,
        c if *c == SqlState::TOO_MANY_CONNECTIONS => StorageFault::Saturated,
        c if *c == SqlState::QUERY_CANCELED || *c == SqlState::LOCK_NOT_AVAILABLE => StorageFault::Timeout,
        c if *c == SqlState::DISK_FULL => StorageFault::Full,
        c if *c == SqlState::INVALID_CATALOG_NAME || *c == SqlState::INSUFFICIENT_PRIVILEGE => {
            StorageFault::Denied
        }
        c if c.code().starts_with("28") => StorageFault::Denied,
        // Shutdown by an administrator, after a crash, or of the whole server; and connection exceptions.
        c if c.code().starts_with("57P") || c.code().starts_with("08") => StorageFault::Unreachable,
        c if c.code().starts_with("53") => StorageFault::Saturated,
        c if c.code().starts_with("58") || c.code().starts_with("XX") => StorageFault::Io,
        _ => StorageFault::Refused,
    }
}

/// Whether it failed while connecting; the driver has no other way to tell than its fixed words.
fn before_the_session(error: &tokio_postgres::Error) -> bool {
    let words = error.to_string();
    ["error connecting to server", "error performing TLS handshake", "timeout waiting for server"]
        .iter()
        .any(|known| words.starts_with(known))
}
