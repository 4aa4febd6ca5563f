//! What a server keeps its data in: embedded or PostgreSQL, alone or with Redis, each a private server of the test.

use campotech_testkit::{Postgres, Redis};
use tempfile::TempDir;

use super::Server;

/// The four ways to run the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    EmbeddedWithRedis,
    Postgres,
    PostgresWithRedis,
}

/// The servers of one test, and the data directory.
pub(crate) struct Backend {
    pub(crate) dir: TempDir,
    pub(crate) postgres: Option<Postgres>,
    pub(crate) redis: Option<Redis>,
}

impl Backend {
    pub(crate) async fn new(kind: Kind) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (postgres, redis) = match kind {
            Kind::Embedded => (None, None),
            Kind::EmbeddedWithRedis => (None, Some(Redis::start().await)),
            Kind::Postgres => (Some(Postgres::start().await), None),
            Kind::PostgresWithRedis => {
                let (postgres, redis) = tokio::join!(Postgres::start(), Redis::start());
                (Some(postgres), Some(redis))
            }
        };
        Self { dir, postgres, redis }
    }

    /// What tells the server where they are.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let postgres = self.postgres.as_ref().map(|postgres| ("DATABASE_URL", postgres.url()));
        let redis = self.redis.as_ref().map(|redis| ("REDIS_URL", redis.url()));
        postgres.into_iter().chain(redis).collect()
    }

    /// A server on it, not waited for.
    pub(crate) fn start(&self, more: &[(&str, &str)]) -> Server {
        Server::start(self.dir.path(), &self.with(more, &self.variables()))
    }

    /// A server on it that is ready.
    pub(crate) async fn server(&self, more: &[(&str, &str)]) -> Server {
        self.start(more).ready().await
    }

    pub(crate) fn with<'a>(
        &self,
        more: &[(&'a str, &'a str)],
        own: &'a [(&'static str, String)],
    ) -> Vec<(&'a str, &'a str)> {
        own.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect()
    }
}

/// Runs each of these functions on each of the four backends, as `<name>::embedded`, `<name>::postgres_with_redis` and
/// so on.
macro_rules! on_every_backend {
    ($( $name:ident ),* $(,)?) => { $(
        mod $name {
            use crate::support::{Backend, Kind};

            #[tokio::test]
            async fn embedded() {
                super::$name(Backend::new(Kind::Embedded).await).await;
            }

            #[tokio::test]
            async fn embedded_with_redis() {
                super::$name(Backend::new(Kind::EmbeddedWithRedis).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::$name(Backend::new(Kind::Postgres).await).await;
            }

            #[tokio::test]
            async fn postgres_with_redis() {
                super::$name(Backend::new(Kind::PostgresWithRedis).await).await;
            }
        }
    )* };
}
pub(crate) use on_every_backend;
