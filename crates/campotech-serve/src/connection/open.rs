//! What comes ahead of HTTP: the PROXY header, the client's place, the TLS handshake.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::transport::Transport;
use crate::ServeStats;
use crate::networks::Counted;
use crate::proxy::read_header;
use crate::seats::Seats;
use crate::settings::Settings;
use crate::stats::Finding;

/// A connection on which HTTP can begin.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) transport: Transport,
    pub(super) client: SocketAddr,
    /// Held for as long as the connection is open.
    pub(super) counted: Option<Counted>,
}

/// Whether anything comes ahead of HTTP.
pub(super) const fn has_prelude(settings: &Settings) -> bool {
    #[cfg(feature = "tls")]
    if settings.tls.is_some() {
        return true;
    }
    settings.proxy.is_some()
}

/// Reads the header, counts the client and shakes hands, all of it in the time of a first request that began at `start`.
///
/// # Errors
/// What the client did wrong; nothing where it left before its first byte, as a balancer's health check does.
pub(super) async fn open(
    (mut stream, mut client): (TcpStream, SocketAddr),
    mut counted: Option<Counted>,
    settings: &Settings,
    (stats, seats): (&ServeStats, &Arc<Seats>),
    start: Instant,
) -> Result<Opened, Option<Finding>> {
    let deadline = start + settings.first_request;
    match &settings.proxy {
        Some(proxy) if proxy.is_from(client.ip()) => {
            first_byte(&stream, deadline).await?;
            let told = timeout_at(deadline, read_header(&mut stream)).await;
            let told = told.map_err(|_| Finding::ProxyHeader)?.map_err(|_| Finding::ProxyHeader)?;
            // Where the header names nobody the client is the proxy itself.
            client = told.unwrap_or(client);
            counted = seats.count(client.ip(), settings, stats)?;
        }
        Some(proxy) if proxy.refuses_others() => return Err(Some(Finding::ProxyHeader)),
        _ => {}
    }
    #[cfg(feature = "tls")]
    if let Some(tls) = &settings.tls {
        first_byte(&stream, deadline).await?;
        let shaken = timeout_at(deadline, tls.acceptor().accept(stream)).await;
        let stream = shaken.map_err(|_| Finding::Tls)?.map_err(|_| Finding::Tls)?;
        return Ok(Opened { transport: Transport::Tls(Box::new(stream)), client, counted });
    }
    Ok(Opened { transport: Transport::Plain(stream), client, counted })
}

/// Waits until the client has sent anything.
async fn first_byte(stream: &TcpStream, deadline: Instant) -> Result<(), Option<Finding>> {
    match timeout_at(deadline, stream.peek(&mut [0])).await {
        Ok(Ok(1..)) => Ok(()),
        Ok(Ok(0) | Err(_)) => Err(None),
        Err(_) => Err(Some(Finding::Silent)),
    }
}
