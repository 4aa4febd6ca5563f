//! The key of the lists' cursors, which all replicas have to share: a page of one leads to the next of another.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use campotech::validate::{CursorKeys, CursorKeysError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::secrets;
use crate::store::PostgresStore;

/// The key, once it is known; a clone is a handle on the same one.
#[derive(Debug, Clone, Default)]
pub struct SharedCursorKeys(Arc<OnceLock<CursorKeys>>);

const NAME: &str = "cursors";
const AGAIN: Duration = Duration::from_secs(1);

impl SharedCursorKeys {
    /// The key of one process, kept in its data directory.
    ///
    /// # Errors
    /// What the file system says, or a damaged key.
    pub fn in_directory(data_dir: &Path) -> Result<Self, CursorKeyError> {
        Self::default().with(&secrets::cursor_key(data_dir)?)
    }

    /// The key, once the database has told it.
    #[must_use]
    pub fn get(&self) -> Option<&CursorKeys> {
        self.0.get()
    }

    /// Asks the database until it tells the key.
    pub async fn learn(self, store: PostgresStore, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.learn_it(&store)).await;
    }

    async fn learn_it(self, store: &PostgresStore) {
        store.migrated().await;
        let mut said = false;
        loop {
            match self.ask(store).await {
                Ok(()) => return,
                Err(_) if said => {}
                Err(error) => {
                    tracing::warn!(%error, "the key of the cursors is not known yet");
                    said = true;
                }
            }
            sleep(AGAIN).await;
        }
    }

    async fn ask(&self, store: &PostgresStore) -> Result<(), CursorKeyError> {
        let offered = secrets::random_key()?;
        let key = store.shared_secret(NAME, &offered).await?;
        self.clone().with(&key).map(drop)
    }

    fn with(self, key: &[u8]) -> Result<Self, CursorKeyError> {
        let keys = CursorKeys::new(key)?;
        self.0.get_or_init(|| keys);
        Ok(self)
    }
}

/// Why the key is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CursorKeyError {
    /// The file, or the system's random numbers.
    #[error("the key of the cursors can't be kept")]
    Io(#[from] std::io::Error),
    /// It is none.
    #[error("the key of the cursors is damaged")]
    Damaged(#[from] CursorKeysError),
    /// The database has no answer.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}
