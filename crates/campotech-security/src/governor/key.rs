//! The key of a client.

use campotech_core::{ClientIp, ClientNetwork};
use http::Request;
use tower_governor::GovernorError;
use tower_governor::key_extractor::KeyExtractor;

/// Counts by the client's network: an IPv4 address, an IPv6 /64.
///
/// The client is [`ClientIp`], behind trusted proxies only; no header is read here. A request without one is an error,
/// never in a bucket with others: the client-ip layer is missing. The key is not logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientIpKey;

impl KeyExtractor for ClientIpKey {
    type Key = ClientNetwork;

    fn name(&self) -> &'static str {
        "client network"
    }

    fn extract<T>(&self, request: &Request<T>) -> Result<ClientNetwork, GovernorError> {
        let client = ClientIp::of(request.extensions()).ok_or(GovernorError::UnableToExtractKey)?;
        Ok(client.network())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ip: Option<&str>) -> Option<String> {
        let mut request = Request::builder()
            .header("x-forwarded-for", "198.51.100.1")
            .header("x-real-ip", "198.51.100.1")
            .header("forwarded", "for=198.51.100.1")
            .body(())
            .unwrap();
        if let Some(ip) = ip {
            request.extensions_mut().insert(ClientIp::new(ip.parse().unwrap(), true));
        }
        ClientIpKey.extract(&request).ok().map(|network| network.to_string())
    }

    #[test]
    fn the_key_is_the_network_of_the_client() {
        assert_eq!(key(Some("203.0.113.7")).as_deref(), Some("203.0.113.7/32"));
        assert_eq!(key(Some("::ffff:203.0.113.7")).as_deref(), Some("203.0.113.7/32"));
        assert_eq!(key(Some("2001:db8:1:2:ffff::9")).as_deref(), Some("2001:db8:1:2::/64"));
    }

    #[test]
    fn without_a_client_there_is_no_key_whatever_the_headers_say() {
        assert_eq!(key(None), None);
    }

    #[test]
    fn the_key_stays_out_of_the_log() {
        assert_eq!(ClientIpKey.key_name(&ClientNetwork::of([203, 0, 113, 7].into())), None);
    }
}
