//! Who speaks the PROXY protocol.

use std::net::IpAddr;

use crate::ConfigError;
use crate::networks::Networks;

/// Who has to send a PROXY header, and so may say who the client is.
///
/// A header is required from these networks and read from nobody else: what others send is HTTP from its first byte, and
/// a header of theirs a bad request. Nothing is guessed.
///
/// # Defaults
/// Others are served as they are, under their own address; probes of the machine itself reach the service so.
#[derive(Debug, Clone)]
#[must_use]
pub struct ProxyProtocol {
    from: Networks,
    refuses_others: bool,
}

impl ProxyProtocol {
    /// Requires the header from these networks.
    ///
    /// # Errors
    /// [`ConfigError::NoProxies`] for an empty list.
    pub fn required_from(networks: Networks) -> Result<Self, ConfigError> {
        if networks.is_empty() {
            return Err(ConfigError::NoProxies);
        }
        Ok(Self { from: networks, refuses_others: false })
    }

    /// Closes connections of everybody else.
    pub const fn with_others_refused(mut self) -> Self {
        self.refuses_others = true;
        self
    }

    pub(crate) fn is_from(&self, peer: IpAddr) -> bool {
        self.from.contains(peer)
    }

    pub(crate) const fn refuses_others(&self) -> bool {
        self.refuses_others
    }
}
