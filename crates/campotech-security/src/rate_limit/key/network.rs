//! The client's network.

use campotech_core::ClientIp;

use super::{Key, KeyValue};
use crate::ConfigError;
use crate::rate_limit::view::RequestView;

/// The network of the request's [`ClientIp`].
///
/// # Defaults
/// An IPv4 address, an IPv6 /64: what one subscriber has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkKey {
    v4: u8,
    v6: u8,
}

impl NetworkKey {
    /// Of the default sizes.
    #[must_use]
    pub const fn new() -> Self {
        Self { v4: 32, v6: 64 }
    }

    /// Networks of other sizes, such as /24 and /48 for a second, wider tier.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where they are not /8 to /32 and /16 to /64.
    pub fn with_prefixes(mut self, v4: u8, v6: u8) -> Result<Self, ConfigError> {
        if !(8..=32).contains(&v4) {
            return Err(ConfigError::Range("the prefix of IPv4 networks", "8 to 32"));
        }
        if !(16..=64).contains(&v6) {
            return Err(ConfigError::Range("the prefix of IPv6 networks", "16 to 64"));
        }
        (self.v4, self.v6) = (v4, v6);
        Ok(self)
    }
}

impl Default for NetworkKey {
    fn default() -> Self {
        Self::new()
    }
}

impl Key for NetworkKey {
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue> {
        let client = ClientIp::of(request.extensions())?;
        Some(KeyValue::network(client.ip(), self.v4, self.v6))
    }
}
