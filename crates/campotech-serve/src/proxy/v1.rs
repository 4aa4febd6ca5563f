//! Version 1, a line of text: section 2.1 of the specification.

use std::net::{IpAddr, SocketAddr};

use super::header::{Client, NoHeader, Parsed};

pub(super) const PREFIX: &[u8] = b"PROXY ";
/// With the end of the line.
pub(super) const LONGEST: usize = 107;
const SHORTEST: usize = b"PROXY UNKNOWN\r\n".len();

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, NoHeader> {
    let most = &bytes[..bytes.len().min(LONGEST)];
    let Some(end) = most.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
        let missing = SHORTEST.saturating_sub(bytes.len()).max(2);
        return if bytes.len() + missing <= LONGEST {
            Ok(Parsed::Incomplete { missing })
        } else {
            Err(NoHeader)
        };
    };
    // A line feed alone, or a carriage return within the line, is no end of it.
    match most.get(end..) {
        Some([b'\r', b'\n', ..]) => {}
        Some([b'\r']) if bytes.len() < LONGEST => {
            line(&most[..end])?;
            return Ok(Parsed::Incomplete { missing: 1 });
        }
        _ => return Err(NoHeader),
    }
    Ok(Parsed::Complete { length: end + 2, client: line(&most[..end])? })
}

fn line(line: &[u8]) -> Result<Client, NoHeader> {
    let line = std::str::from_utf8(line).map_err(|_| NoHeader)?;
    let mut words = line.split(' ').skip(1);
    let family = words.next().ok_or(NoHeader)?;
    if family == "UNKNOWN" {
        // What follows may say anything and is to be ignored.
        return Ok(Client::Peer);
    }
    let (source, target) = (words.next(), words.next());
    let (from, to) = (words.next(), words.next());
    let (Some(source), Some(target), Some(from), Some(to), None) = (source, target, from, to, words.next())
    else {
        return Err(NoHeader);
    };
    let address = |text: &str| -> Result<IpAddr, NoHeader> {
        match family {
            "TCP4" => text.parse().map(IpAddr::V4).map_err(|_| NoHeader),
            "TCP6" => text.parse().map(IpAddr::V6).map_err(|_| NoHeader),
            _ => Err(NoHeader),
        }
    };
    let client = SocketAddr::new(address(source)?, port(from)?);
    address(target)?;
    port(to)?;
    Ok(Client::At(client))
}

/// Digits without a sign and without zeros in front.
fn port(text: &str) -> Result<u16, NoHeader> {
    let plain = text == "0" || text.starts_with(|c: char| matches!(c, '1'..='9'));
    if plain { text.parse().map_err(|_| NoHeader) } else { Err(NoHeader) }
}
