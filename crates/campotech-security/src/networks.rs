//! Lists of networks, asked for every request.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::ConfigError;

/// First and last addresses, as numbers.
///
/// IPv4-mapped networks (`::ffff:10.0.0.0/104`) are IPv4 networks here, as mapped addresses are IPv4 addresses.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Networks {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
}

impl Networks {
    /// Reads the addresses and networks of a comma list such as `10.0.0.0/8, 127.0.0.1, fd00::/8`.
    pub(crate) fn parse(list: &str) -> Result<Self, ConfigError> {
        let nets = list.split(',').map(|entry| network(entry.trim())).collect::<Result<Vec<_>, _>>()?;
        let nets = IpNet::aggregate(&nets);
        let v4 = nets.iter().filter_map(|net| match net {
            IpNet::V4(net) => Some((net.network().to_bits(), net.broadcast().to_bits())),
            IpNet::V6(_) => None,
        });
        let v6 = nets.iter().filter_map(|net| match net {
            IpNet::V4(_) => None,
            IpNet::V6(net) => Some((net.network().to_bits(), net.broadcast().to_bits())),
        });
        Ok(Self { v4: v4.collect(), v6: v6.collect() })
    }

    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let ip = ip.to_bits();
                self.v4.iter().any(|(first, last)| (*first..=*last).contains(&ip))
            }
            IpAddr::V6(ip) => {
                let ip = ip.to_bits();
                self.v6.iter().any(|(first, last)| (*first..=*last).contains(&ip))
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether every IPv4 or every IPv6 address is in it.
    pub(crate) fn covers_a_family(&self) -> bool {
        self.v4.contains(&(0, u32::MAX)) || self.v6.contains(&(0, u128::MAX))
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
