//! The proxies whose forwarding headers count.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};

use crate::ConfigError;

/// The proxies whose forwarding headers count, as networks.
///
/// IPv4-mapped networks (`::ffff:10.0.0.0/104`) are IPv4 networks here, as mapped addresses are IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct TrustedProxies(Arc<Networks>);

/// First and last addresses, as numbers: asked for every request.
#[derive(Debug, PartialEq, Eq, Default)]
struct Networks {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
}

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
        let nets = list.split(',').map(|entry| network(entry.trim())).collect::<Result<Vec<_>, _>>()?;
        let nets = IpNet::aggregate(&nets);
        if nets.iter().any(|net| net.prefix_len() == 0) {
            return Err(ConfigError::TrustsEveryone(list.trim().to_owned()));
        }
        let v4 = nets.iter().filter_map(|net| match net {
            IpNet::V4(net) => Some((net.network().to_bits(), net.broadcast().to_bits())),
            IpNet::V6(_) => None,
        });
        let v6 = nets.iter().filter_map(|net| match net {
            IpNet::V4(_) => None,
            IpNet::V6(net) => Some((net.network().to_bits(), net.broadcast().to_bits())),
        });
        Ok(Self(Arc::new(Networks { v4: v4.collect(), v6: v6.collect() })))
    }

    /// Whether `ip` is a trusted proxy.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let ip = ip.to_bits();
                self.0.v4.iter().any(|(first, last)| (*first..=*last).contains(&ip))
            }
            IpAddr::V6(ip) => {
                let ip = ip.to_bits();
                self.0.v6.iter().any(|(first, last)| (*first..=*last).contains(&ip))
            }
        }
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.v4.is_empty() && self.0.v6.is_empty()
    }
}

impl FromStr for TrustedProxies {
    type Err = ConfigError;

    fn from_str(list: &str) -> Result<Self, ConfigError> {
        Self::parse(list)
    }
}

fn network(entry: &str) -> Result<IpNet, ConfigError> {
    let wrong = || ConfigError::Network(entry.to_owned());
    let net = match entry.parse::<IpNet>() {
        Ok(net) => net,
        Err(_) => IpNet::from(entry.parse::<IpAddr>().map_err(|_| wrong())?),
    };
    if net.trunc() != net {
        return Err(ConfigError::HostBits { given: entry.to_owned(), meant: net.trunc().to_string() });
    }
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => Ipv4Net::new(v4, v6.prefix_len() - 96).map(IpNet::V4).map_err(|_| wrong()),
            None => Ok(net),
        },
        net => Ok(net),
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
