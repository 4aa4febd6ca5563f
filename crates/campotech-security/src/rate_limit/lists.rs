//! Networks that are never limited, and networks that are always refused.

use std::net::IpAddr;
use std::sync::Arc;

use crate::ConfigError;
use crate::networks::Networks;

/// Networks, read from a comma list such as `10.0.0.0/8, 192.0.2.7, 2001:db8::/32`.
#[derive(Debug, Clone, Default)]
pub struct NetworkList(Arc<Networks>);

impl NetworkList {
    /// Reads a comma list; an empty text is an empty list.
    ///
    /// # Errors
    /// [`ConfigError::Network`] or [`ConfigError::HostBits`] for an entry; [`ConfigError::Range`] where every address of
    /// a family would be in it.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        if list.trim().is_empty() {
            return Ok(Self::default());
        }
        let networks = Networks::parse(list)?;
        if networks.covers_a_family() {
            return Err(ConfigError::Range("a list of networks", "less than every address"));
        }
        Ok(Self(Arc::new(networks)))
    }

    /// Whether `ip` is in one of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(ip)
    }
}

/// The lists of a layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    pub(super) allowed: NetworkList,
    pub(super) denied: NetworkList,
}

/// What the lists say of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Allowed,
    Denied,
    Nowhere,
}

impl Lists {
    /// A client in both is denied.
    pub(super) fn find(&self, ip: IpAddr) -> Listed {
        if self.denied.contains(ip) {
            Listed::Denied
        } else if self.allowed.contains(ip) {
            Listed::Allowed
        } else {
            Listed::Nowhere
        }
    }
}
