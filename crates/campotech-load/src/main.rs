//! What `cargo xtask load` runs.
#![expect(clippy::print_stderr, reason = "a program that talks to a person")]

use std::path::PathBuf;
use std::process::ExitCode;

use campotech_load::{
    Fault, Fraction, HEAD, K6, LoadError, Mode, Options, Running, Scenario, Target, row, run, say,
};
use clap::Parser;

/// Load tests, executed.
#[derive(Debug, Parser)]
#[command(name = "campotech-load")]
struct Cli {
    /// The scenario; all of them where none is named.
    scenario: Option<Scenario>,
    /// Closed or open; both where none is named.
    #[arg(long)]
    mode: Option<Mode>,
    /// How much of the scenario's time, such as 1/20.
    #[arg(long, default_value = "1")]
    scale: Fraction,
    /// How many of the scenario's users, such as 1/4.
    #[arg(long, default_value = "1")]
    size: Fraction,
    /// What is wrong on purpose: `delay=600ms` or `errors=1/500`.
    #[arg(long)]
    inject: Option<Fault>,
    /// Where k6 writes its series to, such as `http://127.0.0.1:9090/api/v1/write`.
    #[arg(long)]
    prometheus: Option<String>,
    /// A folder for summaries and reports.
    #[arg(long)]
    out: PathBuf,
    /// The program of the server that is started.
    #[arg(long, required_unless_present = "base")]
    server: Option<PathBuf>,
    /// A server that runs already, such as `https://staging.example.com`. Its webhook's secret is in `WHATSAPP_APP_SECRET`.
    #[arg(long, conflicts_with = "inject")]
    base: Option<String>,
    /// k6.
    #[arg(long)]
    k6: PathBuf,
}

/// k6's own code for a threshold that was crossed.
const CROSSED: u8 = 99;

#[tokio::main]
async fn main() -> ExitCode {
    match all(Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(CROSSED),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn all(cli: Cli) -> Result<bool, LoadError> {
    let secret = std::env::var("WHATSAPP_APP_SECRET").unwrap_or_default();
    let running = cli.base.map(|base| Running::at(&base, secret)).transpose()?.map(Target::Running);
    let options = Options {
        target: running.unwrap_or_else(|| Target::Started(cli.server.unwrap_or_default())),
        k6: K6::at(cli.k6),
        scale: cli.scale,
        size: cli.size,
        fault: cli.inject,
        prometheus: cli.prometheus,
        out: cli.out,
    };
    let mut rows = Vec::new();
    let mut good = true;
    for scenario in cli.scenario.map_or_else(|| Scenario::ALL.to_vec(), |one| vec![one]) {
        for mode in cli.mode.map_or_else(|| Mode::ALL.to_vec(), |one| vec![one]) {
            let outcome = run(scenario, mode, &options).await?;
            for crossed in &outcome.crossed {
                say(&format!("{} {}: crossed {crossed}", scenario.name(), mode.name()));
            }
            for (what, growth) in &outcome.growths {
                let verdict = if growth.grows { "grows" } else { "does not grow" };
                say(&format!(
                    "{} {}: {what}: {verdict}, {:+.1} an hour at {:.1}",
                    scenario.name(),
                    mode.name(),
                    growth.per_hour,
                    growth.mean
                ));
            }
            good &= outcome.is_good();
            rows.push(row(&outcome));
        }
    }
    say(&format!("\n{HEAD}\n{}", rows.join("\n")));
    Ok(good)
}
