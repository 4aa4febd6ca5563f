//! The socket's peer and the client behind it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address of the connection's other end; set by the accept loop on every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// The connection is TLS that ends at this server's own listener; set by the accept loop on every request of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DirectTls;

/// The client's address after the trusted-proxy walk; set by the client-ip layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp {
    ip: IpAddr,
    trusted_peer: bool,
    https: bool,
}

/// The network a client is counted by: an IPv4 address, or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientNetwork {
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// The upper 64 bits of an IPv6 address.
    V6(u64),
}

impl ClientIp {
    /// A client at `ip`; `trusted_peer` says whether the socket's peer is a trusted proxy.
    ///
    /// IPv4-mapped IPv6 addresses become IPv4 here, so that one client has one name.
    #[must_use]
    pub const fn new(ip: IpAddr, trusted_peer: bool) -> Self {
        Self { ip: ip.to_canonical(), trusted_peer, https: false }
    }

    /// Says that the client's own connection is https, seen here or told by a trusted proxy.
    #[must_use]
    pub const fn with_https(mut self, https: bool) -> Self {
        self.https = https;
        self
    }

    /// The client's address, canonical.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Whether the peer that connected is a trusted proxy, whose headers count.
    #[must_use]
    pub const fn trusted_peer(&self) -> bool {
        self.trusted_peer
    }

    /// Whether the client's own connection is known to be https.
    #[must_use]
    pub const fn https(&self) -> bool {
        self.https
    }

    /// The network that limits count.
    #[must_use]
    pub const fn network(&self) -> ClientNetwork {
        ClientNetwork::of(self.ip)
    }
}

impl ClientNetwork {
    /// The network of an address; IPv4-mapped addresses are IPv4.
    #[must_use]
    pub const fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => Self::V6((ip.to_bits() >> 64) as u64),
        }
    }
}

// One word, as limits hash it with every request. An IPv4 network may hash as an IPv6 one that nobody has.
impl Hash for ClientNetwork {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(match *self {
            Self::V4(ip) => u64::from(ip.to_bits()),
            Self::V6(upper) => upper,
        });
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(ip) => write!(f, "{ip}/32"),
            Self::V6(upper) => write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(*upper) << 64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_ipv4_client() {
        let mapped: IpAddr = "::ffff:203.0.113.7".parse().unwrap();
        let client = ClientIp::new(mapped, false);
        assert_eq!(client.ip(), "203.0.113.7".parse::<IpAddr>().unwrap());
        assert_eq!(client.network().to_string(), "203.0.113.7/32");
    }

    #[test]
    fn an_ipv6_client_is_counted_by_its_64() {
        let a = ClientNetwork::of("2001:db8:1:2::1".parse().unwrap());
        let b = ClientNetwork::of("2001:db8:1:2:ffff::9".parse().unwrap());
        let c = ClientNetwork::of("2001:db8:1:3::1".parse().unwrap());
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(a.to_string(), "2001:db8:1:2::/64");
    }
}
