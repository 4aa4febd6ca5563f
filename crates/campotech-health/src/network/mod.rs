//! The network below a protocol: whether a port takes connections, and whether a name resolves.

mod dns;
mod tcp;

pub use dns::DnsCheck;
pub use tcp::TcpCheck;

use std::net::IpAddr;

use crate::ConfigError;
use crate::dial::Host;

/// # Errors
/// [`ConfigError::InvalidAddress`] where it is no host alone.
fn host_of(check: &str, host: &str) -> Result<Host, ConfigError> {
    let parsed = Host::new(host);
    let name = parsed.name();
    let is_address = name.parse::<IpAddr>().is_ok();
    let strange = |c: char| matches!(c, '/' | '@' | ':') || c.is_whitespace() || c.is_control();
    if name.is_empty() || !is_address && name.contains(strange) {
        let problem = "is no host name and no IP address";
        return Err(ConfigError::InvalidAddress { name: check.to_owned(), problem });
    }
    Ok(parsed)
}
