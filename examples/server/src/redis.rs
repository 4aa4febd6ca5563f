//! Where Redis is, and clients that never wait for it without end.

use std::fmt;
use std::time::Duration;

use fred::clients::Client;
use fred::prelude::{ClientLike, ReconnectPolicy};
use fred::types::Builder;
use fred::types::config::{ClusterDiscoveryPolicy, Config, ServerConfig, TlsConnector, UnresponsiveConfig};
use tokio_rustls::rustls::ClientConfig;

/// One command, its wait for a connection included.
const COMMAND: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(1);
/// A connection on which an answer is due for so long is closed: the server is frozen, or the network gone.
const SILENT: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_secs(1);
const FIRST_RETRY_MS: u32 = 50;
const LONGEST_RETRY_MS: u32 = 1_000;
const JITTER_MS: u32 = 50;
/// Commands that wait for a connection; more are refused at once.
const WAITING: usize = 4_096;
/// Messages of other replicas that wait for us.
const UNREAD: usize = 1_024;

const SCHEMES: [&str; 6] =
    ["redis", "rediss", "redis-cluster", "rediss-cluster", "redis-sentinel", "rediss-sentinel"];

/// Where Redis is; it shows neither user nor password.
#[derive(Clone, PartialEq)]
pub struct RedisSettings(Config);

impl RedisSettings {
    /// Reads `redis://[user:password@]host[:port][/db]`; `rediss` for TLS, `redis-cluster` and `redis-sentinel` with
    /// further nodes as `?node=host:port`; `valkey` instead of `redis` is fine.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub fn parse(url: &str) -> Result<Self, String> {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.replace("valkey", "redis"));
        if !scheme.is_some_and(|scheme| SCHEMES.contains(&scheme.as_str())) {
            return Err(
                "is not a URL of redis, redis-cluster or redis-sentinel, or with TLS of rediss".to_owned()
            );
        }
        let mut config = Config::from_url(url).map_err(|_| "is not a Redis URL".to_owned())?;
        // A server that is not there at the start is waited for like one that went away.
        config.fail_fast = false;
        if let ServerConfig::Clustered { policy, .. } = &mut config.server {
            *policy = ClusterDiscoveryPolicy::UseCache;
        }
        Ok(Self(config))
    }

    /// A builder of clients with a deadline on everything, which connect again for ever.
    #[must_use]
    pub fn builder(&self, tls: ClientConfig) -> Builder {
        let mut config = self.0.clone();
        config.tls = config.tls.map(|_| TlsConnector::from(tls).into());
        let mut builder = Builder::from_config(config);
        builder.with_connection_config(|connection| {
            connection.connection_timeout = CONNECT;
            connection.internal_command_timeout = CONNECT;
            connection.max_command_attempts = 1;
            connection.max_command_buffer_len = WAITING;
            connection.reconnect_on_auth_error = true;
            connection.auto_client_setname = true;
            connection.tcp.nodelay = Some(true);
            connection.unresponsive = UnresponsiveConfig { max_timeout: Some(SILENT), interval: LOOK };
        });
        builder.with_performance_config(|performance| {
            performance.default_command_timeout = COMMAND;
            performance.broadcast_channel_capacity = UNREAD;
        });
        let mut policy = ReconnectPolicy::new_exponential(0, FIRST_RETRY_MS, LONGEST_RETRY_MS, 2);
        policy.set_jitter(JITTER_MS);
        builder.set_policy(policy);
        builder
    }

    /// A client for decisions that requests wait for: on a connection of its own, and given up on early.
    ///
    /// # Errors
    /// If it can't be built.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn quick_client(&self, tls: ClientConfig) -> Result<Client, fred::error::Error> {
        let mut builder = self.builder(tls);
        builder.with_connection_config(|connection| {
            connection.unresponsive = UnresponsiveConfig { max_timeout: Some(COMMAND), interval: LOOK / 2 };
        });
        builder.with_performance_config(|performance| performance.default_command_timeout = CONNECT);
        let client = builder.build()?;
        client.connect();
        Ok(client)
    }

    /// A client that connects in the background.
    ///
    /// # Errors
    /// If it can't be built.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn client(&self, tls: ClientConfig) -> Result<Client, fred::error::Error> {
        let client = self.builder(tls).build()?;
        client.connect();
        Ok(client)
    }
}

// fred's own shows the password.
impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisSettings(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_url_is_read_and_none_is_shown() {
        for url in [
            "redis://localhost",
            "rediss://ana:hunter2@localhost:6380/1",
            "valkey://:hunter2@localhost",
            "redis-cluster://a:1?node=b:2&node=c:3",
            "redis-sentinel://a:1?node=b:2&sentinelServiceName=main",
        ] {
            let settings = RedisSettings::parse(url).expect(url);
            assert!(!format!("{settings:?}").contains("hunter2"));
        }
    }

    #[test]
    fn what_is_no_redis_is_refused_without_being_repeated() {
        for bad in [
            "",
            "hunter2",
            "http://u:hunter2@h",
            "redis://h:hunter2",
            "redis-sentinel://hunter2:1",
            "redis+unix:///s",
        ] {
            let problem = RedisSettings::parse(bad).unwrap_err();
            assert!(!problem.contains("hunter2") && !problem.is_empty(), "{bad}: {problem}");
        }
    }
}
