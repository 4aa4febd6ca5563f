//! A minute in the life of a field-service company, sent to a server on this machine.

mod attacker;
mod client;
mod journal;
mod report;
mod technician;
mod verify;
mod watcher;
mod whatsapp;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep_until};

use self::client::Client;
use self::journal::Journal;
use self::report::Report;
use crate::cli::DemoArgs;
use crate::secrets::WebhookSecrets;

/// Users of the company; each has an address of its own, as clients in the world have.
const TECHNICIANS: u8 = 8;

/// Why a demonstration could not be run, as one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DemoError(pub String);

/// What everyone in the demonstration shares.
#[derive(Debug, Clone)]
struct Stage {
    server: SocketAddr,
    report: Arc<Report>,
    journal: Arc<Journal>,
    end: Instant,
}

impl Stage {
    fn client(&self, host: u8) -> Client {
        Client::new(self.server, [127, 0, 0, host].into(), Arc::clone(&self.report))
    }

    fn over(&self) -> bool {
        Instant::now() >= self.end
    }
}

/// Runs the demonstration and prints its progress and its summary.
///
/// # Errors
/// If the server is not on the loopback network, does not answer, or (with `--verify`) lost something.
pub async fn run(
    args: DemoArgs,
    listen: SocketAddr,
    secrets: Option<WebhookSecrets>,
) -> Result<(), DemoError> {
    let server = target(args.url.as_deref(), listen)?;
    let report = Arc::new(Report::default());
    let journal = match &args.record {
        Some(path) => Journal::create(path).map_err(|e| DemoError(format!("{}: {e}", path.display())))?,
        None => Journal::nowhere(),
    };
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let stage = Stage { server, report, journal: Arc::new(journal), end };
    if let Some(path) = &args.verify {
        return verify::run(&stage, path, secrets.as_ref()).await;
    }
    stage
        .client(10)
        .get("/live")
        .await
        .map_err(|e| DemoError(format!("no server answers at {server}: {e}")))?;

    crate::say!("Sending {} s of a field-service company's life to http://{server}", args.seconds);
    let mut cast = JoinSet::new();
    for n in 0..TECHNICIANS {
        cast.spawn(technician::play(stage.clone(), n));
    }
    cast.spawn(attacker::play(stage.clone()));
    match secrets {
        Some(secrets) => drop(cast.spawn(whatsapp::play(stage.clone(), secrets))),
        None => crate::say!("No webhook secrets at hand: WhatsApp stays silent."),
    }
    show_progress(&stage).await;
    // Everyone stops at the end by itself; this bound is for a server that no longer answers.
    sleep_until(stage.end).await;
    let all = async { while cast.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_secs(15), all).await;
    crate::say!("{}", stage.report.summary(server));
    Ok(())
}

fn target(url: Option<&str>, listen: SocketAddr) -> Result<SocketAddr, DemoError> {
    let wrong = || {
        DemoError("the server must be http://127.x.x.x:PORT: the demonstration stays on this machine".into())
    };
    let server = match url {
        None if listen.ip().is_unspecified() => SocketAddr::new([127, 0, 0, 1].into(), listen.port()),
        None => listen,
        Some(url) => url
            .strip_prefix("http://")
            .ok_or_else(wrong)?
            .trim_end_matches('/')
            .parse()
            .map_err(|_| wrong())?,
    };
    if server.is_ipv4() && server.ip().is_loopback() { Ok(server) } else { Err(wrong()) }
}

async fn show_progress(stage: &Stage) {
    let live = std::io::stdout().is_terminal();
    let every = Duration::from_secs(if live { 1 } else { 10 });
    let mut ticks = interval_at(Instant::now() + every, every);
    while !stage.over() {
        tokio::select! {
            _ = ticks.tick() => {
                let left = stage.end.saturating_duration_since(Instant::now()).as_secs();
                let line = format!("{:>3} s left  {}", left, stage.report.progress());
                if live { crate::say_over!("{line}") } else { crate::say!("{line}") }
            }
            () = sleep_until(stage.end) => break,
        }
    }
    if live {
        crate::say!("");
    }
}
