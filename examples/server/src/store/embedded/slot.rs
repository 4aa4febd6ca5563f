//! The open database, and how to open it again after the disk failed.

use std::fmt;

use parking_lot::RwLock;
use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, WriteTransaction};

use crate::store::StoreError;

/// How the database is opened.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// The open database. After one failed read or write redb refuses everything until it is opened anew
/// (a full disk would otherwise mean a restart), so the writer swaps it here.
pub(super) struct DatabaseSlot {
    opener: Opener,
    state: RwLock<State>,
}

enum State {
    Open(Database),
    Failed,
    Closed,
}

impl DatabaseSlot {
    pub(super) fn new(database: Database, opener: Opener) -> Self {
        Self { opener, state: RwLock::new(State::Open(database)) }
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        match &*self.state.read() {
            State::Open(database) => Ok(database.begin_read()?),
            State::Failed => Err(redb::Error::PreviousIo.into()),
            State::Closed => Err(StoreError::Closed),
        }
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        if matches!(&*self.state.read(), State::Failed) {
            self.reopen()?;
        }
        match &*self.state.read() {
            State::Open(database) => Ok(database.begin_write()?),
            State::Failed => Err(redb::Error::PreviousIo.into()),
            State::Closed => Err(StoreError::Closed),
        }
    }

    /// Closes what failed and opens it again; while that fails, every call does. Only the writer calls
    /// this, with no write transaction of its own alive.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut state = self.state.write();
        if matches!(*state, State::Closed) {
            return Err(StoreError::Closed);
        }
        // The old one has to be gone first: it holds the file's lock.
        *state = State::Failed;
        *state = State::Open((self.opener)().map_err(redb::Error::from)?);
        Ok(())
    }

    pub(super) fn close(&self) -> Result<(), StoreError> {
        match std::mem::replace(&mut *self.state.write(), State::Closed) {
            State::Open(database) => Ok(database.close().map_err(redb::Error::from)?),
            State::Failed | State::Closed => Ok(()),
        }
    }
}

impl fmt::Debug for DatabaseSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.state.read() {
            State::Open(_) => "open",
            State::Failed => "failed",
            State::Closed => "closed",
        };
        f.debug_tuple("DatabaseSlot").field(&state).finish()
    }
}
