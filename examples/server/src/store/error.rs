//! Why the store has no answer.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::IllegalTransition;

/// Why the store has no answer. Cloneable, since one failed commit answers many callers.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Not there, or not to be seen by this viewer.
    #[error("no such record")]
    NotFound,
    /// It contradicts what is stored; nothing was changed.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Another process has the data directory open.
    #[error("the data directory {} is in use by another process", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The file can't be read as ours.
    #[error("{} is damaged or not a data file of this program", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the storage engine says.
        source: Cause,
    },
    /// The file was written by another version of this program.
    #[error("{} has data format {found}, this program reads {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is in it.
        found: u64,
        /// What we know.
        expected: u64,
    },
    /// The data directory can't be made or used.
    #[error("the data directory {} can't be used", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: Cause,
    },
    /// The disk or the file failed; whether the change is in there is not known.
    #[error("the store failed: {fault}")]
    Storage {
        /// What kind of failure, for health checks and labels.
        fault: StorageFault,
        /// What the storage engine says; for logs only.
        source: Cause,
    },
    /// The store was closed, or stopped halfway; whether the change is in there is not known.
    #[error("the store is closed")]
    Closed,
}

/// What a change contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// Somebody has registered with this address.
    #[error("the address is taken")]
    EmailTaken,
    /// The job's status doesn't allow this step.
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
}

/// The kinds of storage failures that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageFault {
    /// No space left, or over quota.
    #[error("disk full")]
    Full,
    /// The file system or the file can't be written.
    #[error("read-only")]
    ReadOnly,
    /// One record can't be read; the others can.
    #[error("damaged record")]
    Damaged,
    /// The file itself makes no sense.
    #[error("corrupt file")]
    Corrupt,
    /// Any other failure of reading or writing.
    #[error("i/o failure")]
    Io,
    /// A database that can't be reached, or that closed the connection.
    #[error("unreachable")]
    Unreachable,
    /// A database that did not answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Credentials or rights that the database does not accept, or a database that is not there.
    #[error("access denied")]
    Denied,
    /// Every connection is in use.
    #[error("no free connection")]
    Saturated,
    /// The database starts, or its tables are not made yet.
    #[error("not ready yet")]
    NotReady,
    /// What was asked made no sense to the database: a fault of the program.
    #[error("refused by the database")]
    Refused,
}

/// A cause that can be handed to many callers.
pub(super) type Cause = Arc<dyn Error + Send + Sync>;

impl StoreError {
    /// A short, stable name for labels and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Conflict(Conflict::EmailTaken) => "email_taken",
            Self::Conflict(Conflict::Transition(_)) => "transition",
            Self::Locked { .. } => "locked",
            Self::Corrupt { .. } => "corrupt",
            Self::Format { .. } => "format",
            Self::Directory { .. } => "directory",
            Self::Storage { fault, .. } => match fault {
                StorageFault::Full => "disk_full",
                StorageFault::ReadOnly => "read_only",
                StorageFault::Damaged => "damaged",
                StorageFault::Corrupt => "corrupt",
                StorageFault::Io => "io",
                StorageFault::Unreachable => "unreachable",
                StorageFault::Timeout => "timeout",
                StorageFault::Denied => "denied",
                StorageFault::Saturated => "saturated",
                StorageFault::NotReady => "not_ready",
                StorageFault::Refused => "refused",
            },
            Self::Closed => "closed",
        }
    }

    /// Whether the store itself is at fault (a 503), not what was asked of it.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        !matches!(self, Self::NotFound | Self::Conflict(_))
    }

    /// Whether the same thing may well succeed later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        !matches!(
            self,
            Self::NotFound
                | Self::Conflict(_)
                | Self::Storage { fault: StorageFault::Refused | StorageFault::Damaged, .. }
        )
    }

    /// Whether disk or file failed, so that nothing of the same transaction can be kept.
    pub(super) const fn ends_transaction(&self) -> bool {
        self.is_outage() && !matches!(self, Self::Storage { fault: StorageFault::Damaged, .. })
    }

    /// A failure of the store with what lies behind it.
    pub(super) fn storage(fault: StorageFault, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Storage { fault, source: Arc::new(source) }
    }

    /// A record that can't be decoded.
    pub(super) fn damaged(source: impl Error + Send + Sync + 'static) -> Self {
        Self::storage(StorageFault::Damaged, source)
    }
}

impl From<IllegalTransition> for StoreError {
    fn from(illegal: IllegalTransition) -> Self {
        Self::Conflict(illegal.into())
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        let fault = match &error {
            redb::Error::Io(io) => StorageFault::of(io),
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => StorageFault::Io,
            _ => StorageFault::Corrupt,
        };
        Self::Storage { fault, source: Arc::new(error) }
    }
}

macro_rules! through_redb_error {
    ($($kind:ident),*) => {$(
        impl From<redb::$kind> for StoreError {
            fn from(error: redb::$kind) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}
through_redb_error!(StorageError, TableError, TransactionError, CommitError);

impl StorageFault {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Corrupt,
            _ => Self::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_errors_are_told_apart_and_the_cause_is_said_once() {
        let cases = [
            (io::ErrorKind::StorageFull, "disk_full"),
            (io::ErrorKind::ReadOnlyFilesystem, "read_only"),
            (io::ErrorKind::UnexpectedEof, "corrupt"),
            (io::ErrorKind::TimedOut, "io"),
        ];
        for (kind, code) in cases {
            let error = StoreError::from(redb::Error::Io(io::Error::new(kind, "the secret path")));
            assert_eq!(error.code(), code);
            assert!(error.is_outage() && error.ends_transaction());
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(error.source().unwrap().to_string().contains("secret"));
        }
        let record = StoreError::damaged(io::Error::other("no JSON"));
        assert_eq!(record.code(), "damaged");
        assert!(record.is_outage() && !record.ends_transaction());
        assert!(!StoreError::NotFound.is_outage());
        assert!(!StoreError::from(Conflict::EmailTaken).is_outage());
    }
}
