//! Where the database is and how its connections are made.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::ClientConfig;

/// More connections than this are a database's ruin.
pub const MAX_POOL: usize = 500;

/// A TCP connection; what follows it (TLS, log in) is within the pool's own deadline.
const CONNECT: Duration = Duration::from_secs(2);
/// Bytes that nobody acknowledges: the network is gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
const KEEPALIVE: Duration = Duration::from_secs(30);
/// What the server itself ends: a statement shortly before its caller gives up on it, and with it on the connection; and
/// the sessions of a replica that is cut off, which would hold its share of `max_connections` for hours.
const SERVER_SIDE: &str = "-c statement_timeout=2800 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 \
     -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

/// Where the database is; it shows neither user nor password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    config: tokio_postgres::Config,
}

impl DatabaseSettings {
    /// Reads `postgres://user:password@host:port/database`.
    ///
    /// `sslmode` is `disable`, `prefer` (the default: TLS where the server has it), or `require`; `verify-ca` and
    /// `verify-full` mean `require`, since a certificate is always verified here.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = verified(url);
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err("is not a PostgreSQL URL".to_owned());
        }
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|_| "is not a PostgreSQL URL".to_owned())?;
        if config.get_hosts().is_empty() {
            return Err("names no host".to_owned());
        }
        if config.get_user().is_none() {
            return Err("names no user".to_owned());
        }
        if config.get_dbname().is_none() {
            return Err("names no database".to_owned());
        }
        if config.get_application_name().is_none() {
            config.application_name("campotech-server");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        config.keepalives_idle(KEEPALIVE);
        // What the URL says comes last, and so counts.
        let options = format!("{SERVER_SIDE} {}", config.get_options().unwrap_or_default());
        config.options(options.trim_end());
        Ok(Self { config })
    }

    /// Whether a connection without TLS is refused.
    #[must_use]
    pub fn requires_tls(&self) -> bool {
        self.config.get_ssl_mode() == SslMode::Require
    }

    /// A pool that has not connected yet; nothing it does waits for longer than a few seconds.
    ///
    /// # Errors
    /// If it can't be built.
    pub fn pool(&self, size: NonZeroUsize, tls: ClientConfig) -> Result<Pool, deadpool_postgres::BuildError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), MakeRustlsConnect::new(tls), recycling);
        // How long each step may take is said where a connection is taken: see `database.rs`.
        Pool::builder(manager).max_size(size.get().min(MAX_POOL)).runtime(Runtime::Tokio1).build()
    }
}

/// The modes of libpq that tokio-postgres has no word for.
fn verified(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseSettings(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_never_shown() {
        let settings = DatabaseSettings::parse("postgres://ana:hunter2@db:5433/field").unwrap();
        assert!(!settings.requires_tls());
        assert!(!format!("{settings:?}").contains("hunter2"));
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgresql://ana:hunter2@db/field?sslmode={mode}");
            assert!(DatabaseSettings::parse(&url).unwrap().requires_tls(), "{mode}");
        }
    }

    #[test]
    fn what_is_no_database_is_refused_without_being_repeated() {
        for bad in [
            "",
            "hunter2",
            "mysql://u:hunter2@h/d",
            "postgres://",
            "postgres://hunter2@h",
            "postgres://h/hunter2",
            "postgres://u:hunter2@h:port/d",
            "postgres://u:hunter2@h/d?sslmode=never",
            "postgres://u:hunter2@h/d?unknown=1",
        ] {
            let problem = DatabaseSettings::parse(bad).unwrap_err();
            assert!(!problem.contains("hunter2") && !problem.is_empty(), "{bad}: {problem}");
        }
    }
}
