//! A client of the check's own, with the configuration of the service's.

use std::time::Duration;

use fred::clients::{Client, WithOptions};
use fred::error::Error;
use fred::interfaces::{ClientInterface, ClientLike};
use fred::types::ConnectHandle;
use fred::types::config::{Options, Server};

use crate::link::Failure;

/// A connected client that ends with the first trouble, and when it is dropped. It is not left to reconnect by itself:
/// fred does not tell those who wait why it can't.
pub(crate) struct Connection {
    pub(super) session: Session,
    pub(super) task: Task,
}

/// What commands are given through.
pub(crate) struct Session(Client);

/// What owns the sockets, and ends when one of them does.
pub(crate) struct Task(ConnectHandle);

impl Connection {
    /// Connects as `client` does. Each step may take `limit`; the caller bounds all of them.
    pub(super) async fn open(client: &Client, limit: Duration) -> Result<Self, Failure> {
        let mut config = client.client_config();
        config.fail_fast = true;
        let mut times = client.connection_config().clone();
        times.connection_timeout = limit;
        times.internal_command_timeout = limit;
        let client = Client::new(config, Some(client.perf_config()), Some(times), None);
        let mut task = None;
        // In this order: who asks for the outcome when it is there already, waits for ever.
        let connected = tokio::select! {
            biased;
            connected = client.wait_for_connect() => connected.map_err(Failure::from),
            failure = async { task.insert(Task(client.connect())).ended().await } => Err(failure),
        };
        connected?;
        let task = task.ok_or_else(|| Failure::from(Error::new_canceled()))?;
        // For those who read `CLIENT LIST`; a user that may not set it is none the worse.
        let _ = client.client_setname("campotech-health").await;
        Ok(Self { session: Session(client), task })
    }
}

impl Session {
    /// The primaries of a cluster; elsewhere the one server.
    pub(super) fn servers(&self) -> Vec<Option<Server>> {
        let servers = if self.0.is_clustered() { self.0.active_connections() } else { Vec::new() };
        if servers.is_empty() { vec![None] } else { servers.into_iter().map(Some).collect() }
    }

    /// The client for commands to one server, none of which is queued or tried again.
    pub(super) fn with(&self, server: Option<&Server>, limit: Duration) -> WithOptions<Client> {
        self.0.with_options(&Options {
            timeout: Some(limit),
            fail_fast: true,
            max_attempts: Some(1),
            cluster_node: server.cloned(),
            ..Options::default()
        })
    }
}

impl Task {
    pub(super) fn is_running(&self) -> bool {
        !self.0.is_finished()
    }

    /// Waits for the end, and tells why it came.
    pub(super) async fn ended(&mut self) -> Failure {
        let error = (&mut self.0).await.ok().and_then(Result::err);
        Failure { ended: true, ..error.unwrap_or_else(Error::new_canceled).into() }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
