//! The command line of the example server.

use std::error::Error;
use std::process::ExitCode;

use campotech::config::Env;
use campotech_server::cli::{Cli, Command};
use campotech_server::config::ServerSettings;
use campotech_server::secrets::WebhookSecrets;
use campotech_server::{complain, demo, probe, report, serve};
use clap::Parser;

/// A wrong variable, a taken port, a locked data directory: nothing was started.
const NOT_STARTED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut env = Env::process();
    let settings = ServerSettings::read(&mut env);
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::CheckConfig) {
        return report::configuration(&env, settings.err().as_ref());
    }
    if let Command::Probe(args) = &command {
        return on_runtime(async { probe::run(&args.url).await }, 1);
    }
    let settings = match settings {
        Ok(settings) => settings,
        Err(faults) => {
            complain!("{faults}");
            return ExitCode::from(NOT_STARTED);
        }
    };
    for name in env.unread("CAMPOTECH_") {
        complain!("{name} is not a variable of this program; `check-config` lists those that are");
    }
    match command {
        Command::Demo(args) => {
            let given = settings.webhook.clone();
            let secrets = given.or_else(|| WebhookSecrets::load(&settings.data_dir).ok().flatten());
            on_runtime(demo::run(args, settings.platform.listen, secrets), 1)
        }
        _ => on_runtime(serve::run(settings), NOT_STARTED),
    }
}

fn on_runtime<E: Error>(task: impl Future<Output = Result<(), E>>, failed: u8) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain!("no threads: {error}");
            return ExitCode::from(NOT_STARTED);
        }
    };
    let outcome = runtime.block_on(task);
    // A blocking call that hangs, in a disk or a resolver, must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("{}", in_one_line(&error));
            ExitCode::from(failed)
        }
    }
}

/// An error with what lies behind it.
fn in_one_line(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
