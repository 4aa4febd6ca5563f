//! One profile in the taking: a timer and a signal, which are the process's, so there is one at a time.

use std::io;
use std::sync::Arc;

use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, spawn_blocking};

use super::encode::encode;

/// Samples in a second of processor time; no round number, so that it doesn't keep step with timers.
const FREQUENCY: i32 = 99;

/// A sample within these is left out: they hold locks that walking the stack could want, too.
const UNSAFE_TO_WALK: [&str; 4] = ["libc", "libgcc", "pthread", "vdso"];

/// Lets one session be at a time, the making of its answer included.
#[derive(Debug, Clone)]
pub(super) struct Profiler(Arc<Semaphore>);

/// Samples are taken while this lives.
pub(super) struct Session {
    // Before the permit: the next session begins when this one's timer is gone.
    guard: ProfilerGuard<'static>,
    permit: OwnedSemaphorePermit,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error("another profile is being taken")]
    Taken,
    #[error("the profiler can't be used")]
    Profiler(#[source] pprof::Error),
    #[error("the profile can't be packed")]
    Pack(#[from] io::Error),
    #[error("the profiler panicked")]
    Panicked(#[from] JoinError),
}

impl Default for Profiler {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Profiler {
    /// Begins to take samples.
    pub(super) async fn start(&self) -> Result<Session, SessionError> {
        let permit = Arc::clone(&self.0).try_acquire_owned().map_err(|_| SessionError::Taken)?;
        // The first time it reads the program's symbols, so that no signal has to.
        spawn_blocking(|| {
            let guard =
                ProfilerGuardBuilder::default().frequency(FREQUENCY).blocklist(&UNSAFE_TO_WALK).build()?;
            Ok(Session { guard, permit })
        })
        .await?
    }
}

impl Session {
    /// Stops, and makes a gzipped `profile.proto` of the samples.
    pub(super) async fn finish(self) -> Result<Vec<u8>, SessionError> {
        spawn_blocking(|| {
            let Self { guard, permit } = self;
            let report = guard.report().build_unresolved()?;
            // Names are looked up when nobody is interrupted any more.
            drop(guard);
            let packed = encode(report)?;
            drop(permit);
            Ok(packed)
        })
        .await?
    }
}

impl From<pprof::Error> for SessionError {
    fn from(error: pprof::Error) -> Self {
        match error {
            // By another platform, or by the service itself.
            pprof::Error::Running => Self::Taken,
            error => Self::Profiler(error),
        }
    }
}
