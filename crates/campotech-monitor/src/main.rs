//! What `cargo xtask dashboards` and `cargo xtask monitor` run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

use std::path::PathBuf;
use std::process::ExitCode;

use campotech_monitor::live::{self, Options};
use campotech_monitor::rules::RuleFile;
use campotech_monitor::rules::mutation;
use campotech_monitor::{Report, dashboards, files};
use clap::{Parser, Subcommand};

/// Watching the platform, executed.
#[derive(Debug, Parser)]
#[command(name = "campotech-monitor")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the dashboards and Grafana's alert rules from their sources.
    Dashboards {
        /// Only say what is out of date or against the rules.
        #[arg(long)]
        check: bool,
    },
    /// Run every alert, panel and runbook expression against real servers.
    Monitor {
        /// The program of the server.
        #[arg(long)]
        server: PathBuf,
        /// Leave everything up afterwards.
        #[arg(long)]
        keep: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().verb {
        Verb::Dashboards { check } => write_dashboards(check),
        Verb::Monitor { server, keep } => monitor(Options { server, keep }).await,
    }
}

fn write_dashboards(check: bool) -> ExitCode {
    let root = files::monitoring();
    if !check && let Err(why) = dashboards::write(&root) {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    match dashboards::check(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(findings) => {
            for finding in findings {
                println!("{finding}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn monitor(options: Options) -> ExitCode {
    let mut report = Report::default();
    report.check("changes of the alerts", changes());
    if let Err(why) = live::run(&options, &mut report).await {
        report.check("the run", Err(vec![why.to_string()]));
    }
    println!("\n{}", report.summary());
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Changes every alert, once for each of its numbers; its tests have to notice.
fn changes() -> Result<String, Vec<String>> {
    let folder = files::monitoring().join("prometheus");
    let told = |why: &dyn std::error::Error| vec![why.to_string()];
    let alerts = RuleFile::read(&folder.join("alerts.yml")).map_err(|why| told(&why))?;
    let mutants = mutation::mutants(&alerts).map_err(|why| told(&why))?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let report = mutation::run(&folder, &alerts, &mutants, workers).map_err(|why| told(&why))?;
    let text = report.to_string();
    if report.is_clean() { Ok(text) } else { Err(text.lines().map(str::to_owned).collect()) }
}
