//! When a connection is kept, when it is opened anew, and what that says about the server.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_core::ComponentStatus;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::Failure;
use crate::bounds::not_zero;
use crate::{CheckResult, ConfigError, Reason};

/// How a check opens a connection of its own, and what it asks on it. A connection closes when it is dropped, and both
/// futures are dropped after `limit`: it is told to clients that do better when they know.
pub(crate) trait Link {
    type Connection: Send;

    fn open(&self, limit: Duration) -> impl Future<Output = Result<Self::Connection, Failure>> + Send;

    fn ask(
        &self,
        connection: &mut Self::Connection,
        limit: Duration,
    ) -> impl Future<Output = Result<CheckResult, Failure>> + Send;

    fn is_open(&self, connection: &Self::Connection) -> bool;
}

/// Keeps a connection from run to run. While a run has it, it is not here: a run that is dropped drops it too.
pub(crate) struct Keeper<C> {
    kept: Mutex<Option<Kept<C>>>,
    runs_per_connection: NonZeroU32,
    connect_timeout: Duration,
    timeout: Duration,
}

struct Kept<C> {
    connection: C,
    runs: u32,
}

impl<C: Send> Keeper<C> {
    pub(crate) fn new() -> Self {
        const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
        Self {
            kept: Mutex::new(None),
            runs_per_connection: TEN,
            connect_timeout: Duration::from_millis(500),
            timeout: Duration::from_millis(900),
        }
    }

    pub(crate) fn set_connect_timeout(
        &mut self,
        timeout: Duration,
        setting: &'static str,
    ) -> Result<(), ConfigError> {
        self.connect_timeout = not_zero(timeout, setting)?;
        Ok(())
    }

    pub(crate) fn set_timeout(
        &mut self,
        timeout: Duration,
        setting: &'static str,
    ) -> Result<(), ConfigError> {
        self.timeout = not_zero(timeout, setting)?;
        Ok(())
    }

    #[cfg(feature = "redis")]
    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) const fn set_runs_per_connection(&mut self, runs: NonZeroU32) {
        self.runs_per_connection = runs;
    }

    /// One run: within the timeout, and leaving nothing behind that could harm the next.
    pub(crate) async fn run<L: Link<Connection = C> + Sync>(&self, link: &L) -> CheckResult {
        match timeout(self.timeout, self.attempt(link)).await {
            Ok(result) => result,
            Err(_) => CheckResult::failed(Reason::Timeout).with_message("no answer in time"),
        }
    }

    async fn attempt<L: Link<Connection = C> + Sync>(&self, link: &L) -> CheckResult {
        let kept = self.kept.lock().take().filter(|kept| link.is_open(&kept.connection));
        let old = match kept {
            Some(mut kept) if kept.runs < self.runs_per_connection.get() => {
                match link.ask(&mut kept.connection, self.timeout).await {
                    Ok(result) => {
                        self.keep(kept.connection, kept.runs + 1);
                        return result;
                    }
                    // Connections are ended for many reasons; a new one tells what is wrong, if anything is.
                    Err(failure) if failure.ended => None,
                    Err(failure) => return failure.into(),
                }
            }
            old => old,
        };
        // A server that takes its time with a new connection has to leave some for the old one.
        let limit = match old {
            Some(_) => self.connect_timeout.min(self.timeout / 2),
            None => self.connect_timeout,
        };
        let opened = timeout(limit, link.open(limit)).await;
        match opened.unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "no connection in time"))) {
            Ok(mut connection) => {
                drop(old);
                match link.ask(&mut connection, self.timeout).await {
                    Ok(result) => {
                        self.keep(connection, 1);
                        result
                    }
                    Err(failure) => failure.into(),
                }
            }
            Err(failure) => match old {
                Some(old) => self.ask_old(link, old, failure).await,
                None => failure.into(),
            },
        }
    }

    /// The server takes no new connection. As long as it serves old ones, so does the service: it is degraded.
    async fn ask_old<L: Link<Connection = C> + Sync>(
        &self,
        link: &L,
        mut old: Kept<C>,
        refused: Failure,
    ) -> CheckResult {
        match link.ask(&mut old.connection, self.timeout).await {
            Ok(result) => {
                // The runs stay as they are: a new connection is due until there is one.
                self.keep(old.connection, old.runs);
                if result.status() == ComponentStatus::Unhealthy {
                    return result;
                }
                let message = format!("no new connection: {}", refused.message);
                CheckResult::degraded(refused.reason).with_message(message).with_measures(*result.measures())
            }
            Err(_) => refused.into(),
        }
    }

    fn keep(&self, connection: C, runs: u32) {
        *self.kept.lock() = Some(Kept { connection, runs });
    }
}

impl<C> fmt::Debug for Keeper<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("runs_per_connection", &self.runs_per_connection)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
