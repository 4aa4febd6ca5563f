//! A client that keeps its connections, as a proxy in front of replicas does.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use campotech_testkit::{RawConnection, RawResponse};

use super::Ask;

/// A client with a connection to each server that it has asked.
pub(crate) struct KeepAlive {
    from: IpAddr,
    open: HashMap<SocketAddr, RawConnection>,
}

impl KeepAlive {
    pub(crate) fn new(from: u8) -> Self {
        Self { from: [127, 0, 0, from].into(), open: HashMap::new() }
    }

    /// Asks on the kept connection. One that the server has closed meanwhile is no failure: the request was not read,
    /// and goes out on a new one.
    pub(crate) async fn ask(&mut self, server: SocketAddr, ask: &Ask<'_>) -> io::Result<RawResponse> {
        if let Some(connection) = self.open.remove(&server)
            && let Ok(answer) = self.on(connection, server, ask).await
        {
            return Ok(answer);
        }
        let connection = RawConnection::open_from(self.from, server).await?;
        self.on(connection, server, ask).await
    }

    async fn on(
        &mut self,
        mut connection: RawConnection,
        server: SocketAddr,
        ask: &Ask<'_>,
    ) -> io::Result<RawResponse> {
        connection.send([ask.head().as_bytes(), &ask.body].concat()).await?;
        let answer = connection.receive().await?;
        if answer.headers.get("connection").is_none_or(|value| value != "close") {
            self.open.insert(server, connection);
        }
        Ok(answer)
    }
}
