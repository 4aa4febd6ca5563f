//! The admin listener: a thread and a runtime of its own, so that it answers when the public runtime does not.

use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use campotech_serve::{DrainReport, Server, Shutdown, Trigger, shutdown_pair};
use tokio::time::{Instant, timeout_at};

use crate::bind::RESERVE;
use crate::error::PlatformError;
use crate::listener::Listener;
use crate::ops::Face;

/// A probe or a scrape that is under way may finish.
const DRAIN: Duration = Duration::from_millis(500);

/// The running admin listener.
#[derive(Debug)]
pub(crate) struct Admin {
    thread: JoinHandle<()>,
    trigger: Trigger,
}

impl Admin {
    /// Serves `router` on a thread of its own.
    pub(crate) fn spawn(listener: Listener, router: Router) -> Result<Self, PlatformError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(PlatformError::Thread)?;
        let (trigger, shutdown) = shutdown_pair();
        let run = move || match runtime.block_on(serve(listener, router, shutdown)) {
            Ok(report) => tracing::debug!(?report, "the admin listener is closed"),
            Err(error) => tracing::error!(%error, "the admin listener can't be used"),
        };
        let thread =
            std::thread::Builder::new().name("admin".to_owned()).spawn(run).map_err(PlatformError::Thread)?;
        Ok(Self { thread, trigger })
    }

    /// Ends it, or leaves it to the process's end at `deadline`.
    pub(crate) async fn end(self, deadline: Instant) {
        self.trigger.drain();
        let joined = tokio::task::spawn_blocking(|| self.thread.join());
        if timeout_at(deadline, joined).await.is_err() {
            tracing::warn!("the admin listener did not end in time");
        }
    }
}

async fn serve(listener: Listener, router: Router, shutdown: Shutdown) -> Result<DrainReport, PlatformError> {
    let server = Server::from_listener(listener.into_tokio()?)
        .map_err(PlatformError::build("admin"))?
        .with_reserve(RESERVE, Face::Operators.paths().iter().copied())
        .map_err(PlatformError::build("admin"))?;
    Ok(server.with_drain_deadline(DRAIN).serve(router, shutdown).await)
}
