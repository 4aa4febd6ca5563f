//! What can be wrong before the first connection.

use std::io;
use std::net::SocketAddr;

/// The listener could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on {addr}")]
    Bind {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A listener that was handed over has no address, or can't be used by the runtime.
    #[error("the listener can't be used")]
    Listener(#[source] io::Error),
}

impl ServeError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "bind",
            Self::Listener(_) => "listener",
        }
    }
}

/// A setting that can't work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A time of zero would close every connection at once.
    #[error("{setting} must be longer than zero")]
    ZeroDuration {
        /// Which setting.
        setting: &'static str,
    },
    /// A time of more than a year; what is meant to be without an end can't be told from a mistake.
    #[error("{setting} must be at most a year")]
    DurationTooLong {
        /// Which setting.
        setting: &'static str,
    },
    /// HTTP/1 needs a read buffer of at least 8 KiB.
    #[error("max_header_bytes must be at least 8192")]
    HeaderBufferTooSmall,
}

impl ConfigError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ZeroDuration { .. } => "zero-duration",
            Self::DurationTooLong { .. } => "duration-too-long",
            Self::HeaderBufferTooSmall => "header-buffer-too-small",
        }
    }
}
