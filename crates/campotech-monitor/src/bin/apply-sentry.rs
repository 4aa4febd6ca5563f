//! Applies `infrastructure/monitoring/sentry` to a project of Sentry.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use campotech_monitor::files;
use campotech_monitor::sentry::{Api, Folder, Target, apply};
use clap::Parser;

/// Brings a project of Sentry to what infrastructure/monitoring/sentry says. Done twice, it changes nothing more.
#[derive(Debug, Parser)]
#[command(name = "apply-sentry")]
struct Cli {
    /// Where Sentry is.
    #[arg(long, default_value = "https://sentry.io")]
    url: String,
    /// The organisation's slug.
    #[arg(long)]
    organization: String,
    /// The project's slug.
    #[arg(long)]
    project: String,
    /// The slug of the team that is told.
    #[arg(long)]
    team: String,
    /// A file that holds a token with `project:write`, `alerts:write` and `team:read`.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            if let Some(source) = error.source() {
                eprintln!("  {source}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let token = std::fs::read_to_string(&cli.token_file)
        .map_err(|why| format!("can't read {}: {why}", cli.token_file.display()))?;
    let target = Target { organization: cli.organization, project: cli.project, team: cli.team };
    let api = Api::new(&cli.url, &token);
    let team = api.get(&format!("/teams/{}/{}/", target.organization, target.team))?;
    let team_id = team["id"].as_str().ok_or("the team has no id")?;
    let folder = Folder::read(&files::monitoring().join("sentry"), &target, team_id)?;
    for step in apply(&api, &folder, &target, cli.dry_run)? {
        let did = match (cli.dry_run, step.makes) {
            (true, true) => "would make",
            (true, false) => "would set",
            (false, true) => "made",
            (false, false) => "set",
        };
        println!("{did:<10} {}", step.what);
    }
    Ok(())
}
