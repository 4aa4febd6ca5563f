//! What `cargo xtask attack` runs: schemathesis, with all of its checks, against a server with PostgreSQL and Redis.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]
#![allow(clippy::unwrap_used, reason = "what can't be set up ends the program")]

mod scan;
mod site;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use scan::Scan;
use site::Site;

#[derive(Debug, Parser)]
#[command(name = "attack")]
struct Cli {
    /// The program of the server that is started.
    #[arg(long)]
    server: PathBuf,
    /// schemathesis.
    #[arg(long)]
    schemathesis: PathBuf,
    /// A folder for its report.
    #[arg(long)]
    out: PathBuf,
    /// Test cases for each operation.
    #[arg(long, default_value_t = 20)]
    examples: u32,
    /// What is generated follows from it; without one it is another on every run, which schemathesis tells.
    #[arg(long)]
    seed: Option<u32>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let site = Site::start(&cli.server).await;
    let scan = Scan { program: cli.schemathesis, out: cli.out, examples: cli.examples, seed: cli.seed };
    let clean = scan.run(&site).unwrap();
    let left = site.left().await;
    for what in &left {
        println!("FOUND {what}");
    }
    if clean && left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
