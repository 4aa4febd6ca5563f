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
    /// An entry of a list is neither an address nor a network, or a network with bits set after its prefix.
    #[error("the list holds what is no address and no network")]
    Network,
    /// Without a proxy, nobody could ever send a PROXY header.
    #[error("the PROXY protocol needs a network that it is spoken in")]
    NoProxies,
    /// A path that is kept must begin with a slash; a star may only be its end.
    #[error("a kept path must begin with / and may hold * only at its end")]
    KeptPath,
}

impl ConfigError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ZeroDuration { .. } => "zero-duration",
            Self::DurationTooLong { .. } => "duration-too-long",
            Self::HeaderBufferTooSmall => "header-buffer-too-small",
            Self::Network => "network",
            Self::NoProxies => "no-proxies",
            Self::KeptPath => "kept-path",
        }
    }
}
