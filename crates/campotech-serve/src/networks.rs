//! Networks: those that are listed, and how many connections each has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use campotech_core::ClientNetwork;
use ipnet::{IpNet, Ipv4Net};

use crate::ConfigError;

/// A list of networks; IPv4-mapped ones are IPv4 networks, as mapped addresses are IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Networks(Arc<[IpNet]>);

/// How many connections each network has open; one without has no entry, so that there are never more entries than
/// connections.
#[derive(Debug, Default)]
pub(crate) struct OpenByNetwork(Mutex<HashMap<ClientNetwork, usize>>);

/// A connection that counts for its network until this is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    network: ClientNetwork,
    open: Arc<OpenByNetwork>,
}

impl Networks {
    /// No network.
    pub fn none() -> Self {
        Self::default()
    }

    /// The addresses and networks of a comma list such as `10.0.0.0/8, 127.0.0.1, fd00::/8`; an empty text is none.
    ///
    /// # Errors
    /// [`ConfigError::Network`] where an entry is no network or has bits set after its prefix.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        if list.trim().is_empty() {
            return Ok(Self::none());
        }
        list.split(',').map(|entry| network(entry.trim()).ok_or(ConfigError::Network)).collect()
    }

    /// Whether `ip` is in one of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|net| net.contains(&ip))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Networks {
    type Err = ConfigError;

    fn from_str(list: &str) -> Result<Self, ConfigError> {
        Self::parse(list)
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<T: IntoIterator<Item = IpNet>>(nets: T) -> Self {
        Self(nets.into_iter().map(canonical).collect())
    }
}

impl OpenByNetwork {
    /// Counts one more; whether the network now has no more than `most`.
    pub(crate) fn enter(self: &Arc<Self>, ip: IpAddr, most: usize) -> (Counted, bool) {
        let network = ClientNetwork::of(ip);
        let mut open = self.lock();
        let count = open.entry(network).or_default();
        *count += 1;
        let fits = *count <= most;
        drop(open);
        (Counted { network, open: Arc::clone(self) }, fits)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientNetwork, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.open.lock().entry(self.network) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

fn network(entry: &str) -> Option<IpNet> {
    let net = match entry.parse::<IpNet>() {
        Ok(net) => net,
        Err(_) => IpNet::from(entry.parse::<IpAddr>().ok()?),
    };
    (net.trunc() == net).then(|| canonical(net))
}

fn canonical(net: IpNet) -> IpNet {
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => v6
            .addr()
            .to_ipv4_mapped()
            .and_then(|v4| Ipv4Net::new(v4, v6.prefix_len() - 96).ok())
            .map_or(net, IpNet::V4),
        net => net,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn lists_are_read() {
        let list = Networks::parse("10.0.0.0/8, 127.0.0.1,fd00::/8, ::ffff:192.0.2.0/120").unwrap();
        for (address, held) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("192.0.2.7", true),
        ] {
            assert_eq!(list.contains(ip(address)), held, "{address}");
        }
        assert!(Networks::parse(" ").unwrap().is_empty());
        for wrong in ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/8,"] {
            assert_eq!(Networks::parse(wrong).unwrap_err(), ConfigError::Network, "{wrong}");
        }
    }

    #[test]
    fn a_network_without_a_connection_has_no_entry() {
        let open = Arc::new(OpenByNetwork::default());
        let (first, fits) = open.enter(ip("2001:db8::1"), 1);
        assert!(fits);
        let (second, fits) = open.enter(ip("2001:db8::ffff"), 1);
        assert!(!fits, "the same /64");
        let (other, fits) = open.enter(ip("2001:db8:0:1::1"), 1);
        assert!(fits);
        drop(second);
        assert!(!open.enter(ip("2001:db8::2"), 1).1);
        drop((first, other));
        assert!(open.lock().is_empty());
        let (_v4, fits) = open.enter(ip("192.0.2.1"), 1);
        assert!(fits && !open.enter(ip("::ffff:192.0.2.1"), 1).1, "one client has one name");
    }
}
