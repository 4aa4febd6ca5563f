//! The blue/green delivery of an ECS service as a state machine; see the README beside it.

mod aws;
mod cli;
mod cloud;
mod colour;
mod delivery;
mod ecs;
mod fault;
mod machine;
mod outputs;
mod plan;
mod push;
mod restore;
mod smoke;
mod status;
mod stop;
mod values;

use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use crate::aws::Aws;
use crate::cli::{Cli, Place, Run, Verb, WayBack};
use crate::cloud::{CallError, Cloud, Listener};
use crate::colour::Colour;
use crate::delivery::{Settings, deliver};
use crate::ecs::{Ecs, Urls};
use crate::machine::{Ending, State};
use crate::outputs::Outputs;
use crate::plan::{Plan, Whom, decide, look, whom_to_restore};
use crate::push::{Push, tell_workflow};
use crate::restore::Restore;
use crate::smoke::Smoke;
use crate::stop::Stop;

/// Prints a line. A reader that went away is no reason to stop in the middle, as `println!` would.
macro_rules! say {
    ($($words:tt)*) => {{ let _ = writeln!(std::io::stdout().lock(), $($words)*); }};
}

/// As `say!`, for what a person has to know.
macro_rules! complain {
    ($($words:tt)*) => {{ let _ = writeln!(std::io::stderr().lock(), $($words)*); }};
}

/// How it ended; the README has the table.
#[derive(Debug, Clone, Copy)]
enum Exit {
    Done = 0,
    /// Only of `status`.
    Unfinished = 1,
    Refused = 2,
    Restored = 3,
    Lost = 4,
    Untidy = 5,
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Cli::parse().verb {
        Verb::Run(options) => run(&options).await,
        Verb::Status { place } => status(&place).await,
        Verb::Push { archive, repository, tag, skopeo } => {
            push(Push { archive: &archive, repository: &repository, tag: &tag, skopeo: &skopeo }).await
        }
        Verb::Restore { if_begun: Some(file), .. } if !file.exists() => {
            tell(State::Restored, "nothing to do: no delivery was begun here");
            Ok(Exit::Done)
        }
        Verb::Restore { place, way_back, to, .. } => restore(&place, &way_back, to).await,
    };
    let exit = ended.unwrap_or_else(|why| {
        complain!("refused, nothing was changed: {why}");
        Exit::Refused
    });
    ExitCode::from(exit as u8)
}

/// `Err` is a refusal: nothing was changed.
async fn run(options: &Run) -> Result<Exit, String> {
    let stop = listen()?;
    let aws = Aws::new(&options.place.aws, options.place.call_within);
    let find = async {
        let mut outputs = outputs(&aws, &options.place).await?;
        outputs.ignore(&options.ignore_alarm)?;
        let test = options.smoke_url.clone().or_else(|| outputs.test_url.clone());
        let test = test.ok_or("there is no output TestUrl: say --smoke-url")?;
        let production = options.client_url.clone().or_else(|| outputs.production_url.clone());
        let production = production.ok_or("there is no output ProductionUrl: say --client-url")?;
        let ecs = Ecs::new(aws.clone(), outputs, Some(Urls { production, test }));
        let found = look(&ecs).await.map_err(|why| why.to_string())?;
        let plan = decide(&found, &ecs.outputs().container, &options.image).map_err(|why| why.to_string())?;
        Ok::<_, String>((ecs, plan))
    };
    let (ecs, plan) = tokio::select! {
        biased;
        asked = stop.wait() => return Err(asked.to_owned()),
        found = find => found?,
    };
    let delivery = match plan {
        Plan::Nothing(live) => {
            tell(State::Kept, &format!("nothing to do: {live} has all requests, and runs {}", options.image));
            return Ok(Exit::Done);
        }
        Plan::Deliver(delivery) => delivery,
    };
    if let Some(begun) = &options.begun {
        std::fs::write(begun, "").map_err(|why| format!("{}: {why}", begun.display()))?;
    }
    let settings = settings(options, ecs.outputs().task_count);
    let ending = deliver(&ecs, &delivery, &settings, &stop, &tell).await;
    Ok(match ending {
        Ending::Kept => Exit::Done,
        Ending::KeptUntidy => {
            complain!("{} has all requests, but {} still has its tasks:", delivery.new, delivery.old);
            by_hand(&ecs, &options.place, delivery.new, settings.count);
            Exit::Untidy
        }
        Ending::Restored => Exit::Restored,
        Ending::Lost => {
            complain!("COULD NOT RESTORE: see to it that {} has all requests:", delivery.old);
            by_hand(&ecs, &options.place, delivery.old, delivery.old_count);
            Exit::Lost
        }
    })
}

async fn push(push: Push<'_>) -> Result<Exit, String> {
    let (image, there) = push.run().await.map_err(|why| why.to_string())?;
    tell_workflow(&image).map_err(|why| format!("GITHUB_OUTPUT: {why}"))?;
    say!("{image}{}", if there { ", which was there" } else { "" });
    Ok(Exit::Done)
}

fn settings(options: &Run, count: u32) -> Settings {
    Settings {
        shares: options.steps.as_slice().to_vec(),
        step_pause: options.step_pause,
        healthy_within: options.healthy_within,
        bake: options.bake,
        smoke: Smoke::new(&options.smoke_route, options.expect_version.clone()),
        smoke_within: options.smoke_within,
        restore_within: options.way_back.restore_within,
        poll: options.place.poll,
        count,
        keep: options.way_back.keep,
    }
}

async fn status(place: &Place) -> Result<Exit, String> {
    let aws = Aws::new(&place.aws, place.call_within);
    let ecs = Ecs::new(aws.clone(), outputs(&aws, place).await?, None);
    let (lines, settled) =
        status::status(&ecs, &ecs.outputs().container).await.map_err(|why| why.to_string())?;
    for line in lines {
        say!("{line}");
    }
    Ok(if settled { Exit::Done } else { Exit::Unfinished })
}

async fn restore(place: &Place, way_back: &WayBack, to: Option<Colour>) -> Result<Exit, String> {
    // Heard, and no reason to leave it half done: it ends by itself.
    let _stop = listen()?;
    let aws = Aws::new(&place.aws, place.call_within);
    let ecs = Ecs::new(aws.clone(), outputs(&aws, place).await?, None);
    let WayBack { restore_within: within, keep } = *way_back;
    let mut count = ecs.outputs().task_count;
    let to = match to {
        // Nothing is asked before, so that all of it is tried again while AWS is away.
        Some(to) => Whom::Unfinished(to),
        None => whom(&ecs).await.map_err(|why| why.to_string())?,
    };
    let to = match to {
        Whom::Unfinished(to) => to,
        Whom::Unknown => return Err("both colours have the same weight: say --to".to_owned()),
        Whom::Settled(live) => {
            let idle = ecs.service(live.other()).await.map_err(|why| why.to_string())?;
            if idle.desired <= keep {
                tell(State::Restored, &format!("nothing to do: {live} has all requests"));
                return Ok(Exit::Done);
            }
            // Cut off before anything was shifted: only the other colour is left over.
            count = 0;
            live
        }
    };
    tell(State::Restoring, &format!("{to} is to have all requests"));
    let restore = Restore { to, count, keep, within, poll: place.poll };
    match restore.run(&ecs, |line| tell(State::Restoring, line)).await {
        Ok(None) => {
            tell(State::Restored, &format!("{to} has all requests"));
            Ok(Exit::Done)
        }
        Ok(Some(why)) => {
            tell(State::Restored, &format!("{to} has all requests; left over: {why}"));
            by_hand(&ecs, place, to, count);
            Ok(Exit::Untidy)
        }
        Err(why) => {
            tell(State::Lost, &why.to_string());
            complain!("COULD NOT RESTORE: see to it that {to} has all requests:");
            by_hand(&ecs, place, to, count);
            Ok(Exit::Lost)
        }
    }
}

async fn whom(ecs: &Ecs) -> Result<Whom, CallError> {
    Ok(whom_to_restore(ecs.weights(Listener::Production).await?, ecs.weights(Listener::Test).await?))
}

fn listen() -> Result<Stop, String> {
    let (sender, stop) = Stop::pair();
    sender.listen().map_err(|why| format!("can't listen to signals: {why}"))?;
    Ok(stop)
}

async fn outputs(aws: &Aws, place: &Place) -> Result<Outputs, String> {
    let outputs = match (&place.outputs, &place.stack) {
        (Some(file), _) => Outputs::of_file(file),
        (None, Some(stack)) => Outputs::of_stack(aws, stack).await,
        (None, None) => return Err("say --stack or --outputs".to_owned()),
    };
    outputs.map_err(|why| why.to_string())
}

/// A line for each state.
fn tell(state: State, words: &str) {
    say!("{} {state:<13} {words}", time());
}

/// Of the day, as the logs of AWS have it.
fn time() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What a person can do when this program could not.
fn by_hand(ecs: &Ecs, place: &Place, live: Colour, count: u32) {
    let place = match (&place.stack, &place.outputs) {
        (Some(stack), _) => format!("--stack {stack}"),
        (None, file) => format!("--outputs {}", file.as_deref().unwrap_or("FILE".as_ref()).display()),
    };
    complain!(
        "as soon as AWS answers:\n  campotech-deploy restore {place} --to {live}\nor by hand, in this order:"
    );
    for command in ecs.by_hand(live, count) {
        complain!("  {command}");
    }
}
