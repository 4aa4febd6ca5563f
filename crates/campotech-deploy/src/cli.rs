//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::colour::Colour;
use crate::values::{Image, Route, Shares, duration, some_duration};

/// Delivers an image to the colour that has no requests, shifts them over in steps, and goes back when anything is wrong.
#[derive(Debug, Parser)]
#[command(name = "campotech-deploy", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Deliver an image.
    Run(Box<Run>),
    /// Say what is where; exits 1 where a delivery is under way or was cut off.
    Status {
        #[command(flatten)]
        place: Place,
    },
    /// Push an image, unless the registry has one of that name; says its digest, also to a workflow (`GITHUB_OUTPUT`).
    Push {
        /// A file as `docker save` writes it.
        #[arg(long, value_name = "FILE")]
        archive: PathBuf,
        #[arg(long)]
        repository: String,
        /// The commit that it was made of.
        #[arg(long)]
        tag: String,
        /// The `skopeo` program.
        #[arg(long, value_name = "PROGRAM", default_value = "skopeo")]
        skopeo: String,
    },
    /// End a delivery that was cut off: everything to the colour from before, or to the one that is named.
    Restore {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        way_back: WayBack,
        /// Who is to have all requests; also a way back after a delivery that was kept.
        #[arg(long, value_name = "COLOUR")]
        to: Option<Colour>,
        /// Do nothing unless this file is there, which `run --begun` writes: what others began is not ended.
        #[arg(long, value_name = "FILE", conflicts_with = "to")]
        if_begun: Option<PathBuf>,
    },
}

/// Where to deliver.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The stack whose outputs say where everything is.
    #[arg(long, required_unless_present = "outputs")]
    pub(crate) stack: Option<String>,
    /// A JSON file with these outputs instead: as `describe-stacks` prints them, or as an object of texts.
    #[arg(long, value_name = "FILE", conflicts_with = "stack")]
    pub(crate) outputs: Option<PathBuf>,
    /// The `aws` program.
    #[arg(long, value_name = "PROGRAM", default_value = "aws")]
    pub(crate) aws: String,
    /// How long one call of it may take before it is killed.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_duration)]
    pub(crate) call_within: Duration,
    /// How often it is looked at what is waited for.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = some_duration)]
    pub(crate) poll: Duration,
}

/// How to go back.
#[derive(Debug, Args)]
pub(crate) struct WayBack {
    /// How long to try to go back before giving up.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = some_duration)]
    pub(crate) restore_within: Duration,
    /// Tasks that the colour without requests keeps.
    #[arg(long, value_name = "TASKS", default_value_t = 0)]
    pub(crate) keep: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) way_back: WayBack,
    /// A file to write before the first change.
    #[arg(long, value_name = "FILE")]
    pub(crate) begun: Option<PathBuf>,
    /// What to deliver: REPOSITORY@sha256:DIGEST, never a tag.
    #[arg(long)]
    pub(crate) image: Image,
    /// Percentages of the requests, up to 100.
    #[arg(long, value_name = "LIST", default_value = "10,50,100")]
    pub(crate) steps: Shares,
    /// How long each share but the last is watched.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) step_pause: Duration,
    /// How long until all targets are healthy, and until the alarms are quiet.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = some_duration)]
    pub(crate) healthy_within: Duration,
    /// How long the last share is watched.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub(crate) bake: Duration,
    /// Whom the smoke tests ask before anybody is let in, instead of the output `TestUrl`.
    #[arg(long, value_name = "URL")]
    pub(crate) smoke_url: Option<String>,
    /// Whom they ask after the bake, as clients do, instead of the output `ProductionUrl`.
    #[arg(long, value_name = "URL")]
    pub(crate) client_url: Option<String>,
    /// A route and its status, besides the probes; may be given several times.
    #[arg(long, value_name = "PATH=STATUS", default_value = "/api/v1/jobs=401")]
    pub(crate) smoke_route: Vec<Route>,
    /// How long until the smoke tests pass, each time.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = some_duration)]
    pub(crate) smoke_within: Duration,
    /// What `/health` has to say; it says it where there is no admin listener of its own.
    #[arg(long, value_name = "VERSION")]
    pub(crate) expect_version: Option<String>,
    /// An alarm to leave out, in a delivery that mends what it is about; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_alarm: Vec<String>,
}
