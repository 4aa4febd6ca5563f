//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::version;

/// The field-service API that shows the CampoTech platform crates at work.
///
/// It needs no database and no configuration: data goes to an embedded store. Environment variables change what it
/// does; `check-config` lists them with the values in force.
#[derive(Debug, Parser)]
#[command(name = "campotech-server", version = version::long())]
pub struct Cli {
    /// What to do; `serve` where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API (the default).
    Serve,
    /// Send realistic traffic to a server on this machine for a minute, and sum it up.
    Demo(DemoArgs),
    /// Show every variable with the value in force and where it comes from; exits 2 where one is wrong.
    CheckConfig,
    /// Ask a health URL; exits 0 where it answers 200, else 1.
    Probe(ProbeArgs),
}

/// What the demonstration does.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The server: an address of the loopback network (default: what `CAMPOTECH_LISTEN` says).
    #[arg(long)]
    pub url: Option<String>,
    /// For how many seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// Write everything that the server acknowledged to this file, a line each.
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    pub record: Option<PathBuf>,
    /// Send nothing new: check that everything recorded in this file is there, and that a message sent again changes nothing.
    #[arg(long, value_name = "FILE")]
    pub verify: Option<PathBuf>,
}

/// What to probe.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// For example `http://127.0.0.1:8080/ready`.
    pub url: String,
}
