//! The server under load, with what it depends on.

use std::net::SocketAddr;
use std::path::Path;

use campotech_testkit::{Daemon, DaemonBuilder, Postgres, Redis};

/// The secret that callbacks are signed with; the server and everybody who asks it are on this machine.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A server with PostgreSQL and Redis, on free ports of this machine.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) server: Daemon,
    _postgres: Postgres,
    _redis: Redis,
}

impl Site {
    /// Starts all of it.
    pub(crate) async fn start(program: &Path) -> Self {
        let (postgres, redis) = tokio::join!(Postgres::start(), Redis::start());
        let server = DaemonBuilder::at(program)
            .ports(2)
            .env("CAMPOTECH_LISTEN", "{addr}")
            .env("CAMPOTECH_ADMIN_LISTEN", "{addr2}")
            .env("CAMPOTECH_DATA_DIR", "{dir}/data")
            .env("CAMPOTECH_LOG", "warn")
            // k6 says for each of its users which address it has.
            .env("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("CAMPOTECH_WHATSAPP_APP_SECRET", SECRET)
            .env("CAMPOTECH_WHATSAPP_VERIFY_TOKEN", SECRET)
            .env("DATABASE_URL", postgres.url())
            .env("REDIS_URL", redis.url())
            .ready_at(0, "/ready")
            .start()
            .await;
        Self { server, _postgres: postgres, _redis: redis }
    }

    /// Where metrics are.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.server.addrs().nth(1).unwrap_or_else(|| self.server.addr())
    }
}
