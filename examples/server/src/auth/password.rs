//! Argon2id beside the async workers, a bounded number at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use argon2::password_hash;
use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use parking_lot::Mutex;
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Hashes and verifies passwords with argon2id at OWASP's parameters (19 MiB, two passes, one lane).
///
/// # Defaults
/// - as many at once as there are cores; each takes a core and 19 MiB
/// - 32 more may wait; beyond it the answer is [`PasswordError::Busy`] at once
#[derive(Clone)]
pub struct PasswordHasher {
    engine: Arc<Engine>,
    admission: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

struct Engine {
    argon2: Argon2<'static>,
    /// The working memory, kept: 19 MiB given back to the allocator and taken anew on other threads is never seen again.
    memory: Mutex<Vec<Vec<Block>>>,
    /// What an unknown user's password is compared with, so that the answer takes as long.
    dummy: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many are waiting already: refuse the request and let the client come back.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The stored hash can't be read, or memory ran out: a fault of ours.
    #[error("the password could not be processed")]
    Failed(#[source] password_hash::Error),
    /// The runtime is shutting down.
    #[error("the password hasher has stopped")]
    Stopped,
}

const WAITING: usize = 32;
/// Bytes of salt, as RFC 9106 recommends.
const SALT: usize = 16;

impl PasswordHasher {
    /// Computes one hash (the dummy), so it takes a few dozen milliseconds: call it at the start.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when the memory can't be had.
    pub fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::build(Params::DEFAULT, cores, WAITING)
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] at once when the queue is full.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.off_the_workers(move |engine| engine.hash(&password)).await
    }

    /// Whether the password is the one behind `stored`. For an unknown user pass `None`: it is then
    /// `false` after the same work.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] at once when the queue is full; [`PasswordError::Failed`] when `stored`
    /// is no PHC string.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        self.off_the_workers(move |engine| engine.verify(&password, stored.as_deref())).await
    }

    fn build(params: Params, at_once: NonZeroUsize, waiting: usize) -> Result<Self, PasswordError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut engine = Engine { argon2, memory: Mutex::new(Vec::new()), dummy: String::new() };
        engine.dummy = engine.hash(&Uuid::new_v4().to_string())?;
        let (at_once, most) = (at_once.get(), Semaphore::MAX_PERMITS);
        let admission = Arc::new(Semaphore::new(at_once.saturating_add(waiting).min(most)));
        let running = Arc::new(Semaphore::new(at_once.min(most)));
        Ok(Self { engine: Arc::new(engine), admission, running })
    }

    /// The permits travel into the blocking closure: a caller who goes away doesn't make room before
    /// the core is free again.
    async fn off_the_workers<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admission).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordError::Stopped)?;
        let (engine, permits) = (Arc::clone(&self.engine), [admitted, turn]);
        let task = tokio::task::spawn_blocking(move || {
            let _held: [OwnedSemaphorePermit; 2] = permits;
            work(&engine)
        });
        task.await.map_err(|_| PasswordError::Stopped)?
    }
}

impl Engine {
    fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let mut salt = [0; SALT];
        OsRng.try_fill_bytes(&mut salt).map_err(|_| PasswordError::Failed(password_hash::Error::Crypto))?;
        let output = self.compute(&self.argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: self.argon2.params().try_into().map_err(PasswordError::Failed)?,
            salt: Some(Salt::new(&salt).map_err(failed)?),
            hash: Some(output),
        };
        Ok(hash.to_string())
    }

    /// Argon2id into memory that is used again.
    fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Result<Output, PasswordError> {
        let mut blocks = self.memory.lock().pop().unwrap_or_default();
        blocks.resize(argon2.params().block_count(), Block::default());
        let mut output = [0; Output::MAX_LENGTH];
        let computed = match output.get_mut(..length) {
            Some(out) => argon2
                .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks)
                .map_err(|error| PasswordError::Failed(error.into()))
                .and_then(|()| Output::new(out).map_err(failed)),
            None => Err(PasswordError::Failed(password_hash::Error::OutputSize)),
        };
        self.memory.lock().push(blocks);
        computed
    }

    fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, PasswordError> {
        let hash = PasswordHash::new(stored.unwrap_or(&self.dummy))
            .map_err(|error| PasswordError::Failed(error.into()))?;
        let params = Params::try_from(&hash).map_err(PasswordError::Failed)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed)?;
        let argon2 = Argon2::new(algorithm, version, params);
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
            return Err(PasswordError::Failed(password_hash::Error::Crypto));
        };
        let output = self.compute(&argon2, password, salt, expected.as_ref().len())?;
        // Outputs are compared in constant time.
        Ok(output == *expected && stored.is_some())
    }
}

fn failed(error: impl Into<password_hash::Error>) -> PasswordError {
    PasswordError::Failed(error.into())
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("admitted_left", &self.admission.available_permits())
            .field("running_left", &self.running.available_permits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(at_once: usize, waiting: usize) -> PasswordHasher {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
        PasswordHasher::build(params, NonZeroUsize::new(at_once).unwrap(), waiting).unwrap()
    }

    #[tokio::test]
    async fn the_parameters_are_those_of_owasp_and_the_salt_is_fresh() {
        let hasher = PasswordHasher::new().unwrap();
        let password = "correct horse battery staple";
        let stored = hasher.hash(password.into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.engine.dummy.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(hasher.engine.dummy.len(), stored.len(), "salt and output as long as a real one");
        assert_ne!(hasher.hash(password.into()).await.unwrap(), stored);
        assert!(hasher.verify(password.into(), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify("Correct horse battery staple".into(), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_is_compared_with_the_dummy_and_never_let_in() {
        let mut hasher = cheap(1, 0);
        let password = "the dummy's own password";
        let known_to_all = hasher.hash(password.into()).await.unwrap();
        Arc::get_mut(&mut hasher.engine).unwrap().dummy = known_to_all.clone();
        assert!(!hasher.verify(password.into(), None).await.unwrap());

        // A dummy that reads well but can't be computed shows that it is computed.
        let foreign = known_to_all.replace("$argon2id$", "$argon2x$");
        assert!(PasswordHash::new(&foreign).is_ok());
        Arc::get_mut(&mut hasher.engine).unwrap().dummy = foreign;
        let outcome = hasher.verify(password.into(), None).await;
        assert!(matches!(outcome, Err(PasswordError::Failed(_))), "{outcome:?}");
    }

    #[tokio::test]
    async fn as_much_memory_is_kept_as_is_used_at_once() {
        let hasher = cheap(2, 32);
        let hashes = (0..30).map(|n| hasher.hash(format!("password {n}")));
        for hash in futures_util::future::join_all(hashes).await {
            hash.unwrap();
        }
        assert!((1..=2).contains(&hasher.engine.memory.lock().len()));
    }

    #[tokio::test]
    async fn a_broken_stored_hash_is_a_fault_and_not_a_wrong_password() {
        let outcome = cheap(1, 0).verify("x".into(), Some("plain text".into())).await;
        assert!(matches!(outcome, Err(PasswordError::Failed(_))), "{outcome:?}");
    }

    #[tokio::test]
    async fn ten_at_once_pass_on_any_number_of_cores() {
        let hasher = PasswordHasher::build(Params::DEFAULT, NonZeroUsize::MIN, WAITING).unwrap();
        let all = (0..10).map(|i| hasher.hash(format!("password number {i}")));
        for outcome in futures_util::future::join_all(all).await {
            outcome.unwrap();
        }
    }

    #[tokio::test]
    async fn beyond_the_queue_it_is_busy_at_once_and_a_lost_caller_frees_nothing_early() {
        let hasher = cheap(1, 1);
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let blocked = hasher.clone();
        let first = tokio::spawn(async move {
            blocked.off_the_workers(move |_| gate.recv().map_err(|_| PasswordError::Stopped)).await
        });
        while hasher.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiter = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.hash("waits".into()).await }
        });
        while hasher.admission.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.hash("too many".into()).await, Err(PasswordError::Busy));

        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(hasher.running.available_permits(), 0, "the core is still taken");
        release.send(()).unwrap();
        waiter.await.unwrap().unwrap();
        hasher.hash("room again".into()).await.unwrap();
    }
}
