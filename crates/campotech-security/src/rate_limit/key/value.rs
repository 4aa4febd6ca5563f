//! Keys as stores have them: 16 bytes, whatever they stand for.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use campotech_core::ClientNetwork;
use sha2::{Digest, Sha256};

/// A network as it is, or a digest of anything else: 16 bytes that two clients share only where they are one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyValue {
    // The last byte tells what it is: the prefix of an IPv6 network, that of an IPv4 network and 128, or 255.
    words: [u64; 2],
}

const V4: u8 = 128;
const DIGEST: u8 = 255;

impl KeyValue {
    /// A network of `ip`: its first `v4` bits, or its first `v6`. At most 32 and 64 count.
    #[must_use]
    pub fn network(ip: IpAddr, v4: u8, v6: u8) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let prefix = v4.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                Self::tagged(u64::from(ip.to_bits() & mask), 0, V4 + prefix)
            }
            IpAddr::V6(ip) => {
                let prefix = v6.min(64);
                let mask = u64::MAX.checked_shl(64 - u32::from(prefix)).unwrap_or(0);
                Self::tagged((ip.to_bits() >> 64) as u64 & mask, 0, prefix)
            }
        }
    }

    /// A name that is no secret, such as a user's id: 15 bytes of its SHA-256.
    ///
    /// A credential wants a digest with a key, as [`HeaderKey`](super::HeaderKey) makes it.
    #[must_use]
    pub fn of(name: impl AsRef<[u8]>) -> Self {
        Self::digest(Sha256::digest(name.as_ref()).as_slice())
    }

    /// The first 15 bytes of a digest of at least so many; a shorter one is filled up with zeros.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Self {
        let mut taken = [0; 15];
        let count = bytes.len().min(taken.len());
        taken[..count].copy_from_slice(&bytes[..count]);
        let upper = taken[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let lower = taken[8..].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        Self::tagged(upper, lower, DIGEST)
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let mut hash = Sha256::new();
        for word in self.words.into_iter().chain(other.words) {
            hash.update(word.to_be_bytes());
        }
        Self::digest(hash.finalize().as_slice())
    }

    const fn tagged(upper: u64, lower: u64, tag: u8) -> Self {
        Self { words: [upper, lower << 8 | tag as u64] }
    }
}

impl From<ClientNetwork> for KeyValue {
    fn from(network: ClientNetwork) -> Self {
        match network {
            ClientNetwork::V4(ip) => Self::network(ip.into(), 32, 64),
            ClientNetwork::V6(upper) => Self::tagged(upper, 0, 64),
        }
    }
}

impl Hash for KeyValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.words[0]);
        state.write_u64(self.words[1]);
    }
}

/// `203.0.113.7/32`, `2001:db8:1:2::/64`, or the digest in hexadecimal digits.
impl fmt::Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [upper, lower] = self.words;
        match (lower & 0xff) as u8 {
            DIGEST => write!(f, "{upper:016x}{:014x}", lower >> 8),
            tag if tag >= V4 => write!(f, "{}/{}", Ipv4Addr::from_bits(upper as u32), tag - V4),
            tag => write!(f, "{}/{tag}", Ipv6Addr::from_bits(u128::from(upper) << 64)),
        }
    }
}

// It may be personal.
impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(ip: &str, v4: u8, v6: u8) -> String {
        KeyValue::network(ip.parse().unwrap(), v4, v6).to_string()
    }

    #[test]
    fn networks_are_written_as_they_are() {
        assert_eq!(network("203.0.113.7", 32, 64), "203.0.113.7/32");
        assert_eq!(network("::ffff:203.0.113.7", 24, 64), "203.0.113.0/24");
        assert_eq!(network("2001:db8:1:2:3::4", 32, 64), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2:3::4", 32, 48), "2001:db8:1::/48");
        assert_eq!(network("203.0.113.7", 0, 64), "0.0.0.0/0");
        assert_eq!(network("2001:db8::1", 32, 0), "::/0");
    }

    #[test]
    fn a_digest_tells_nothing_and_no_two_kinds_are_one() {
        let user = KeyValue::of("ana");
        assert_eq!(user.to_string(), "24d4b96f58da6d4a8512313bbd02a2");
        assert_eq!(format!("{user:?}"), "KeyValue(..)");
        assert_ne!(
            KeyValue::of("ana").with(KeyValue::of("luis")),
            KeyValue::of("luis").with(KeyValue::of("ana"))
        );
        let ip: IpAddr = "0.0.0.0".parse().unwrap();
        assert_ne!(KeyValue::network(ip, 32, 64), KeyValue::digest(&[]));
        assert_ne!(KeyValue::network(ip, 32, 64), KeyValue::network("::1".parse().unwrap(), 32, 64));
    }

    proptest! {
        #[test]
        fn a_clients_network_is_the_default_one(bits in any::<u128>(), v4 in any::<bool>()) {
            let ip: IpAddr = if v4 { Ipv4Addr::from_bits(bits as u32).into() } else { Ipv6Addr::from_bits(bits).into() };
            prop_assert_eq!(KeyValue::from(ClientNetwork::of(ip)), KeyValue::network(ip, 32, 64));
        }
    }
}
