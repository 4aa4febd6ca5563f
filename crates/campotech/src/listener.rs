//! A bound listener, and what it is called in the configuration.

use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::net::TcpSocket;

use crate::error::PlatformError;

/// Connections that the kernel holds until they are accepted; it may allow fewer (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;

/// A listener that nobody accepts from yet.
#[derive(Debug)]
pub(crate) struct Listener {
    variable: &'static str,
    addr: SocketAddr,
    socket: TcpListener,
}

impl Listener {
    pub(crate) fn bind(variable: &'static str, wanted: SocketAddr) -> Result<Self, PlatformError> {
        let listen = || -> io::Result<(SocketAddr, TcpListener)> {
            let socket = if wanted.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.set_reuseaddr(true)?;
            socket.bind(wanted)?;
            let listener = socket.listen(BACKLOG)?;
            Ok((listener.local_addr()?, listener.into_std()?))
        };
        let (addr, socket) =
            listen().map_err(|cause| PlatformError::Listen { variable, addr: wanted, cause })?;
        Ok(Self { variable, addr, socket })
    }

    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Hands the socket to the runtime that this is called on.
    pub(crate) fn into_tokio(self) -> Result<tokio::net::TcpListener, PlatformError> {
        let Self { variable, addr, socket } = self;
        tokio::net::TcpListener::from_std(socket).map_err(|cause| PlatformError::Listen {
            variable,
            addr,
            cause,
        })
    }
}
