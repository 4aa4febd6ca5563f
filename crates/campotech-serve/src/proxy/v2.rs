//! Version 2, binary: section 2.2 of the specification. What follows the addresses (TLVs) is skipped.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::header::{Client, NoHeader, Parsed};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const FIXED: usize = 16;
/// With the addresses and what follows them.
pub(super) const LONGEST: usize = FIXED + 2048;

const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, NoHeader> {
    let Some((&[.., command, family, high, low], rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Ok(Parsed::Incomplete { missing: FIXED - bytes.len() });
    };
    let payload = usize::from(u16::from_be_bytes([high, low]));
    let least = least(command, family)?;
    if payload < least || FIXED + payload > LONGEST {
        return Err(NoHeader);
    }
    if rest.len() < payload {
        return Ok(Parsed::Incomplete { missing: payload - rest.len() });
    }
    Ok(Parsed::Complete { length: FIXED + payload, client: client(command, family, rest) })
}

/// How many bytes the addresses take.
fn least(command: u8, family: u8) -> Result<usize, NoHeader> {
    match (command, family) {
        // The proxy's own connection: the family is to be ignored.
        (LOCAL, _) | (PROXY, 0x00) => Ok(0),
        (PROXY, 0x11) => Ok(12),
        (PROXY, 0x21) => Ok(36),
        (PROXY, 0x31) => Ok(216),
        // Datagrams don't come through a listener of streams, and what is not assigned must be refused.
        _ => Err(NoHeader),
    }
}

/// `payload` is as long as [`least`] says.
fn client(command: u8, family: u8, payload: &[u8]) -> Client {
    match (command, family) {
        (PROXY, 0x11) => match *payload {
            [a, b, c, d, _, _, _, _, high, low, ..] => {
                Client::At(SocketAddr::from((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]))))
            }
            _ => Client::Peer,
        },
        (PROXY, 0x21) => match (payload.first_chunk::<16>(), payload.get(32..34)) {
            (Some(source), Some(&[high, low])) => {
                Client::At(SocketAddr::from((Ipv6Addr::from(*source), u16::from_be_bytes([high, low]))))
            }
            _ => Client::Peer,
        },
        _ => Client::Peer,
    }
}
