//! The statements of the runbooks run on the tables that the server makes, and the variables that they name exist.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use campotech::config::PLATFORM_VARIABLES;
use campotech::metrics::Metrics;
use campotech_server::config::SERVER_VARIABLES;
use campotech_server::store::{DatabaseSettings, PostgresStore};
use campotech_server::tls::TlsRoots;
use campotech_testkit::Postgres;
use tokio_postgres::NoTls;

/// Name and text of each page.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The text of each `sql` block.
fn statements(page: &str) -> Vec<String> {
    let blocks = page.split("```sql\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().trim().to_owned()).collect()
}

#[tokio::test]
async fn every_statement_runs_on_the_tables_of_the_server() {
    let server = Postgres::start().await;
    let settings = DatabaseSettings::parse(&server.url()).unwrap();
    let pool = settings.pool(NonZeroUsize::new(2).unwrap(), TlsRoots::default().client()).unwrap();
    let metrics = Metrics::builder("runbooks", "1.2.3").build().unwrap();
    let store = PostgresStore::open(metrics.measure_pool("test", pool).unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !store.is_migrated() {
        assert!(Instant::now() < deadline, "the tables were not made");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut run = 0;
    for (name, page) in pages() {
        for statement in statements(&page) {
            let outcome = client.batch_execute(&format!("begin; {statement}; rollback")).await;
            assert!(outcome.is_ok(), "{name}: {statement}\n{:?}", outcome.unwrap_err().as_db_error());
            run += 1;
        }
    }
    assert!(run > 0);
}

#[test]
fn every_variable_that_is_named_exists() {
    let known: Vec<_> =
        PLATFORM_VARIABLES.iter().chain(SERVER_VARIABLES).map(|variable| variable.name).collect();
    for (name, page) in pages() {
        let words = page.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        let ours = |word: &&str| word.starts_with("CAMPOTECH_") || word.starts_with("SENTRY_");
        // `SENTRY_HOST` stands for a place, as the index says of such words.
        for word in words.filter(ours).filter(|word| *word != "SENTRY_HOST") {
            assert!(known.contains(&word), "{name}: {word}");
        }
    }
}
