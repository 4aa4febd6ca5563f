//! Argon2id beside the async workers, a bounded number at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
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
    /// What an unknown user's password is compared with, so that the answer takes as long.
    dummy: String,
    computed: AtomicU64,
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

impl PasswordHasher {
    /// Computes one hash (the dummy), so it takes a few dozen milliseconds: call it at the start.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when the memory can't be had.
    pub fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::build(Params::DEFAULT, cores, WAITING)
    }

    /// Another number of hashes at once, and of requests that may wait for their turn.
    #[must_use]
    pub fn with_limits(self, at_once: NonZeroUsize, waiting: usize) -> Self {
        let (admission, running) = limits(at_once, waiting);
        Self { admission, running, ..self }
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

    /// How many hashes were computed so far, for unknown users too.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.engine.computed.load(Ordering::Relaxed)
    }

    fn build(params: Params, at_once: NonZeroUsize, waiting: usize) -> Result<Self, PasswordError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut engine = Engine { argon2, dummy: String::new(), computed: AtomicU64::new(0) };
        engine.dummy = engine.hash(&Uuid::new_v4().to_string())?;
        let (admission, running) = limits(at_once, waiting);
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

fn limits(at_once: NonZeroUsize, waiting: usize) -> (Arc<Semaphore>, Arc<Semaphore>) {
    let admitted = at_once.get().saturating_add(waiting).min(Semaphore::MAX_PERMITS);
    (Arc::new(Semaphore::new(admitted)), Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS))))
}

impl Engine {
    fn hash(&self, password: &str) -> Result<String, PasswordError> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let hash = self.argon2.hash_password(password.as_bytes()).map_err(PasswordError::Failed)?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, PasswordError> {
        let hash = PasswordHash::new(stored.unwrap_or(&self.dummy))
            .map_err(|error| PasswordError::Failed(error.into()))?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        match self.argon2.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(stored.is_some()),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordError::Failed(error)),
        }
    }
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
    async fn an_unknown_user_costs_one_hash_and_is_never_let_in() {
        let mut hasher = cheap(1, 0);
        let known_to_all = hasher.hash("the dummy's own password".into()).await.unwrap();
        Arc::get_mut(&mut hasher.engine).unwrap().dummy = known_to_all;
        let before = hasher.computed();
        assert!(!hasher.verify("the dummy's own password".into(), None).await.unwrap());
        assert_eq!(hasher.computed(), before + 1);
    }

    #[tokio::test]
    async fn a_broken_stored_hash_is_a_fault_and_not_a_wrong_password() {
        let outcome = cheap(1, 0).verify("x".into(), Some("plain text".into())).await;
        assert!(matches!(outcome, Err(PasswordError::Failed(_))), "{outcome:?}");
    }

    #[tokio::test]
    async fn ten_at_once_pass_on_any_number_of_cores() {
        let hasher = PasswordHasher::new().unwrap().with_limits(NonZeroUsize::MIN, WAITING);
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
