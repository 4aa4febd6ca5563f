//! The whole run, in its order.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::sleep;

use super::backfill::Backfill;
use super::drill::Drill;
use super::expressions::{Evaluated, Window};
use super::site::Site;
use super::traffic::Traffic;
use crate::Report;

/// How long there is traffic before and after the outage: several rate windows.
const WARM_UP: Duration = Duration::from_secs(40);

/// What a run is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program of the server.
    pub server: PathBuf,
    /// Leaves everything up afterwards, until Ctrl-C.
    pub keep: bool,
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct LiveError {
    what: String,
    why: String,
}

impl LiveError {
    pub(super) fn new(why: String) -> Self {
        Self { what: "the run".to_owned(), why }
    }

    pub(super) fn of<E: Display>(what: impl Display) -> impl FnOnce(E) -> Self {
        move |why| Self { what: what.to_string(), why: why.to_string() }
    }
}

/// Starts everything, sends traffic, stops the database for a while, and asks every expression.
///
/// # Errors
/// [`LiveError`] where something could not be started or read; what was found wrong is in the report.
pub async fn run(options: &Options, report: &mut Report) -> Result<(), LiveError> {
    let begun = now();
    let started = Instant::now();
    let backfill = Backfill::start(begun).await?;
    let site = Site::start(&options.server).await?;
    crate::say(&format!("\n{}\n", site.addresses()));
    let mut traffic = Traffic::start(&options.server, &site)?;
    sleep(WARM_UP).await;
    Drill::new(&site, report).heartbeat(started).await;
    Drill::new(&site, report).database().await?;
    Drill::new(&site, report).server_and_redis().await?;
    sleep(WARM_UP).await;
    traffic.goes_on()?;
    let window = Window { begin: begun as f64, end: now() as f64 };
    Evaluated::all(&site, &backfill, window, report).await?;
    if options.keep {
        crate::say(&format!("\n{}\n\nCtrl-C ends it.", site.addresses()));
        tokio::signal::ctrl_c().await.map_err(LiveError::of("Ctrl-C"))?;
    }
    traffic.stop();
    Ok(())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
