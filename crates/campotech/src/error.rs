//! Why a platform can't be built or bound.

use std::io;
use std::net::SocketAddr;

use crate::config::ConfigFaults;

/// Why the service does not start. Each shows as what an operator needs to know, without a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// Variables are wrong, a line each.
    #[error("{0}")]
    Config(#[from] ConfigFaults),
    /// A listener can't be bound.
    #[error("{variable}: {addr} can't be listened on: {}", reason(.source))]
    Listen {
        /// The variable that says where.
        variable: &'static str,
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A part of the platform was given something that makes no sense.
    #[error("{part}: {problem}")]
    Build {
        /// The part: `health`, `rate limit`, ...
        part: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A thread could not be started.
    #[error("the admin listener's thread can't be started: {0}")]
    Thread(io::Error),
}

impl PlatformError {
    pub(crate) fn build(part: &'static str, problem: &impl ToString) -> Self {
        Self::Build { part, problem: problem.to_string() }
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
