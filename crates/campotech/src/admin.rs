//! The admin listener: a thread and a runtime of its own, so that it answers when the public runtime does not.

use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use campotech_serve::{Server, Shutdown};

use crate::error::PlatformError;

/// A probe or a scrape that is under way may finish.
const DRAIN: Duration = Duration::from_millis(500);

/// Serves `router` on its own thread until `shutdown`.
pub(crate) fn spawn(
    listener: TcpListener,
    router: Router,
    shutdown: Shutdown,
) -> Result<JoinHandle<()>, PlatformError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(PlatformError::Thread)?;
    std::thread::Builder::new()
        .name("admin".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let server = tokio::net::TcpListener::from_std(listener).map(Server::from_listener);
                match server {
                    Ok(Ok(server)) => {
                        let report = server.with_drain_deadline(DRAIN).serve(router, shutdown).await;
                        tracing::debug!(?report, "the admin listener is closed");
                    }
                    Ok(Err(error)) => tracing::error!(%error, "the admin listener can't be used"),
                    Err(error) => tracing::error!(%error, "the admin listener can't be used"),
                }
            });
        })
        .map_err(PlatformError::Thread)
}
