//! Why a platform can't be built or bound.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use crate::config::ConfigFaults;

/// Why the service does not start. What lies behind it is its `source`, and none of them shows a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// Variables are wrong, a line each.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// A listener can't be bound.
    #[error("{variable}: {addr} can't be listened on: {}", reason(.cause))]
    Listen {
        /// The variable that says where.
        variable: &'static str,
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// A part of the platform was given something that makes no sense.
    #[error("{part} can't be set up")]
    Build {
        /// The part: `health`, `rate limit`, ...
        part: &'static str,
        /// What is wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file that a variable names can't be read.
    #[error("{variable}: the file can't be read: {cause}")]
    File {
        /// The variable that says where.
        variable: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// Signals can't be listened for.
    #[error("signals can't be listened for")]
    Signals(#[source] io::Error),
    /// A thread can't be started.
    #[error("the admin listener's thread can't be started")]
    Thread(#[source] io::Error),
}

impl PlatformError {
    pub(crate) fn build<E: Error + Send + Sync + 'static>(part: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Build { part, source: error.into() }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "the port is taken by another process".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "not permitted (ports below 1024 need a privilege)".to_owned(),
        _ => error.to_string(),
    }
}
