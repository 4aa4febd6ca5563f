//! The database and its exporter.

use campotech_testkit::{Daemon, DaemonBuilder, Postgres};

use super::run::LiveError;

/// The role of the exporter: it sees statistics and no data.
const ROLE: &str = "campotech_exporter";

/// A PostgreSQL that keeps statistics of statements.
pub(super) async fn start() -> Result<Postgres, LiveError> {
    let postgres = Postgres::builder()
        .setting("shared_preload_libraries", "pg_stat_statements")
        .setting("track_io_timing", "on")
        .start()
        .await;
    postgres
        .admin()
        .await
        .batch_execute(&format!(
            "CREATE EXTENSION pg_stat_statements; CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}' IN ROLE pg_monitor"
        ))
        .await
        .map_err(|why| LiveError::of("the exporter's role")(why))?;
    Ok(postgres)
}

/// The exporter, with our own query for statements.
pub(super) async fn exporter(postgres: &Postgres, queries: &str) -> Daemon {
    DaemonBuilder::installed("prometheus-postgres-exporter", "prometheus-postgres-exporter")
        .file("queries.yml", queries)
        .env("DATA_SOURCE_URI", format!("{}/campotech?sslmode=disable", postgres.addr()))
        .env("DATA_SOURCE_USER", ROLE)
        .env("DATA_SOURCE_PASS", ROLE)
        .arg("--web.listen-address={addr}")
        .arg("--extend.query-path={dir}/queries.yml")
        .start()
        .await
}
