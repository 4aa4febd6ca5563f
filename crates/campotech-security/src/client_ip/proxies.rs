//! The proxies whose forwarding headers count.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use crate::ConfigError;
use crate::networks::Networks;

/// The proxies whose forwarding headers count, as networks.
///
/// IPv4-mapped networks (`::ffff:10.0.0.0/104`) are IPv4 networks here, as mapped addresses are IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct TrustedProxies(Arc<Networks>);

impl TrustedProxies {
    /// Trusts nobody: the client is the connection's peer.
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts the addresses and networks of a comma list such as `10.0.0.0/8, 127.0.0.1, fd00::/8`; an empty text
    /// trusts nobody.
    ///
    /// # Errors
    /// [`ConfigError`] for an entry that is no network, has bits set after its prefix, or if the list as a whole covers
    /// every IPv4 or every IPv6 address.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        if list.trim().is_empty() {
            return Ok(Self::none());
        }
        let networks = Networks::parse(list)?;
        if networks.covers_a_family() {
            return Err(ConfigError::TrustsEveryone(list.trim().to_owned()));
        }
        Ok(Self(Arc::new(networks)))
    }

    /// Whether `ip` is a trusted proxy.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(ip)
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for TrustedProxies {
    type Err = ConfigError;

    fn from_str(list: &str) -> Result<Self, ConfigError> {
        Self::parse(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(list: &str, ip: &str) -> bool {
        TrustedProxies::parse(list).unwrap().contains(ip.parse().unwrap())
    }

    #[test]
    fn lists_are_read() {
        assert!(TrustedProxies::parse(" ").unwrap().is_empty());
        assert!(trusts("10.0.0.0/8,127.0.0.1", "10.255.0.1"));
        assert!(trusts("10.0.0.0/8, 127.0.0.1", "127.0.0.1"));
        assert!(trusts("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(trusts("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(trusts("fd00::/8", "fd12::1"));
        assert!(!trusts("10.0.0.0/8,127.0.0.1", "127.0.0.2"));
        assert!(!trusts("::/8", "10.0.0.1"));
    }

    #[test]
    fn a_wrong_list_is_a_typed_error() {
        for (list, code) in [
            ("10.0.0.0/33", "network"),
            ("10.0.0.0/8,", "network"),
            ("10.0.0.0/8,,127.0.0.1", "network"),
            ("localhost", "network"),
            ("10.0.0.1/8", "host_bits"),
            ("0.0.0.0/0", "trusts_everyone"),
            ("::/0", "trusts_everyone"),
            ("::ffff:0.0.0.0/96", "trusts_everyone"),
            ("0.0.0.0/1,128.0.0.0/1", "trusts_everyone"),
            ("10.0.0.1,::/1,8000::/1", "trusts_everyone"),
            ("*", "network"),
        ] {
            assert_eq!(TrustedProxies::parse(list).unwrap_err().code(), code, "{list}");
        }
        let said = TrustedProxies::parse("10.1.2.3/8").unwrap_err().to_string();
        assert_eq!(said, "`10.1.2.3/8` has bits set after its prefix; write `10.0.0.0/8`");
    }
}
