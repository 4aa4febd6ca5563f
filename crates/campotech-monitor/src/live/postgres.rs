//! The database and its exporter.

use std::path::Path;

use campotech_testkit::{Daemon, DaemonBuilder, Postgres};
use tokio::process::Command;

use super::run::LiveError;

/// The role of the exporter, as the committed script makes it.
const ROLE: &str = "exporter";
const PASSWORD: &str = "0123456789abcdef";

/// A PostgreSQL that keeps statistics of statements, with the exporter's role; `script` is run as compose runs it, twice,
/// since compose runs it at each start.
pub(super) async fn start(script: &Path) -> Result<Postgres, LiveError> {
    let postgres = Postgres::builder()
        .setting("shared_preload_libraries", "pg_stat_statements")
        .setting("track_io_timing", "on")
        .start()
        .await;
    for _ in 0..2 {
        let said = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"])
            .arg("--set")
            .arg(format!("password={PASSWORD}"))
            .arg("--file")
            .arg(script)
            .arg(postgres.admin_url())
            .output()
            .await
            .map_err(LiveError::of("psql"))?;
        if !said.status.success() {
            return Err(LiveError::of("the exporter's role")(String::from_utf8_lossy(&said.stderr)));
        }
    }
    Ok(postgres)
}

/// The exporter, with our own query for statements.
pub(super) async fn exporter(postgres: &Postgres, queries: &str) -> Daemon {
    DaemonBuilder::installed("prometheus-postgres-exporter", "prometheus-postgres-exporter")
        .file("queries.yml", queries)
        .env("DATA_SOURCE_URI", format!("{}/campotech?sslmode=disable", postgres.addr()))
        .env("DATA_SOURCE_USER", ROLE)
        .env("DATA_SOURCE_PASS", PASSWORD)
        .arg("--web.listen-address={addr}")
        .arg("--extend.query-path={dir}/queries.yml")
        .start()
        .await
}
