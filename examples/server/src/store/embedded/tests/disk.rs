//! A disk that fails when told, and counts.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, StorageBackend};

use super::super::EmbeddedStore;
use super::super::slot::Opener;

/// A disk; a clone is the same one. Files on it take no locks.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    full: AtomicBool,
    openings: AtomicU64,
    syncs: AtomicU64,
}

#[derive(Debug)]
struct FileOnDisk {
    file: FileBackend,
    disk: Disk,
}

impl Disk {
    /// From now on there is no space left, or there is.
    pub(super) fn set_full(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }

    /// How often a file was opened.
    pub(super) fn openings(&self) -> u64 {
        self.0.openings.load(Ordering::SeqCst)
    }

    /// How often a file was synced.
    pub(super) fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::SeqCst)
    }

    pub(super) fn open(&self, path: &Path) -> Result<Database, DatabaseError> {
        self.0.openings.fetch_add(1, Ordering::SeqCst);
        let options = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = FileBackend::new(options.open(path)?)?;
        redb::Builder::new().create_with_backend(FileOnDisk { file, disk: self.clone() })
    }

    /// A store in this file.
    pub(super) fn store(&self, path: &Path) -> EmbeddedStore {
        let (again, disk) = (path.to_owned(), self.clone());
        let opener: Opener = Box::new(move || disk.open(&again));
        EmbeddedStore::start(self.open(path).unwrap(), opener, path.to_owned()).unwrap()
    }

    fn check(&self) -> io::Result<()> {
        let full = self.0.full.load(Ordering::SeqCst);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for FileOnDisk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.check()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.check()?;
        self.disk.0.syncs.fetch_add(1, Ordering::SeqCst);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.disk.check()?;
        self.file.write(offset, data)
    }
}
