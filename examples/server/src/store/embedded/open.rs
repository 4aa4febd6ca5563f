//! Opening the embedded store: directory, file, lock, format.
//!
//! The checksum of every page is verified each time, not only after a crash (when redb does so in any
//! case): of a file that was damaged while nobody looked it says that opening it unverified may panic.
//! Measured with redb in a release build and the file in the page cache: 50 ms for 50,000 jobs and
//! as many messages (70 MB), 0.8 s for ten times as many; beyond it the disk has to read the file once.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use campotech::core::SystemClock;
use redb::{Database, DatabaseError, StorageError};
use tokio::sync::Notify;

use super::slot::{DatabaseSlot, Opener};
use super::store::EmbeddedStore;
use super::writer::Writer;
use super::{outbox, tables};
use crate::domain::wall_now;
use crate::store::StoreError;

const FILE: &str = "campotech.redb";
/// redb's own default is a gigabyte.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

impl EmbeddedStore {
    /// Opens the store in `directory`, which is made (for the owner only) if it isn't there. The whole
    /// file is checked first, see the module.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it; [`StoreError::Corrupt`] and
    /// [`StoreError::Format`] for a file that isn't ours; [`StoreError::Directory`] when the
    /// directory can't be made or used.
    pub async fn open(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let directory = directory.into();
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(&directory));
        opened.await.map_err(|_| StoreError::Closed)?
    }

    fn open_blocking(directory: &Path) -> Result<Self, StoreError> {
        let unusable =
            |error: io::Error| StoreError::Directory { path: directory.to_owned(), source: Arc::new(error) };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
        let path = directory.join(FILE);
        // redb would make the file with the process's umask.
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        drop(options.open(&path).map_err(unusable)?);

        let first = redb::Builder::new()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create(&path)
            .map_err(|error| opening_failed(directory, &path, error))?;
        // The file's name has to survive a power cut as well.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(unusable)?;

        let again = path.clone();
        let opener: Opener = Box::new(move || redb::Builder::new().set_cache_size(CACHE_BYTES).open(&again));
        Self::start(first, opener, path)
    }

    pub(super) fn start(database: Database, opener: Opener, path: PathBuf) -> Result<Self, StoreError> {
        let txn = database.begin_write()?;
        if let Some(found) = tables::prepare(&txn)? {
            return Err(StoreError::Format { path, found, expected: tables::FORMAT });
        }
        outbox::end_leases(&txn, wall_now(&SystemClock))?;
        txn.commit()?;
        let slot = Arc::new(DatabaseSlot::new(database, opener));
        let writer = Writer::start(Arc::clone(&slot))
            .map_err(|error| StoreError::Directory { path, source: Arc::new(error) })?;
        Ok(Self { slot, writer, arrivals: Arc::new(Notify::new()) })
    }
}

fn opening_failed(directory: &Path, path: &Path, error: DatabaseError) -> StoreError {
    let corrupt = |error| StoreError::Corrupt { path: path.to_owned(), source: Arc::new(error) };
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::Locked { path: directory.to_owned() }
        }
        DatabaseError::Storage(StorageError::Io(io)) => match io.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => corrupt(redb::Error::Io(io)),
            _ => StoreError::Directory { path: directory.to_owned(), source: Arc::new(io) },
        },
        other => corrupt(other.into()),
    }
}
