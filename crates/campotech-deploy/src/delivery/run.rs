//! The machine's steps, done one after the other until it ends.

use crate::cloud::{Cloud, Definition};
use crate::fault::Fault;
use crate::machine::{Ending, Machine, State, Step};
use crate::plan::{Delivery, Revision};
use crate::restore::Restore;
use crate::stop::Stop;

use super::Settings;
use super::steps::Steps;

/// A state that was entered, and a few words about it.
pub(crate) type Told<'t> = &'t dyn Fn(State, &str);

/// Delivers. It always ends: every step has a deadline, and so has the way back.
pub(crate) async fn deliver(
    cloud: &impl Cloud,
    delivery: &Delivery,
    settings: &Settings,
    stop: &Stop,
    tell: Told<'_>,
) -> Ending {
    let Delivery { old, new, .. } = *delivery;
    let mut machine = Machine::new(&settings.shares);
    let mut steps = Steps::new(cloud, delivery, settings);
    tell(State::Start, &format!("{old} has all requests, {new} is next"));
    loop {
        let (step, before) = (machine.next(), machine.state());
        let words = match (step, stop.asked()) {
            (Step::End(ending), _) => return ending,
            (Step::Restore, _) => {
                let told = |line: &str| tell(State::Restoring, line);
                match restore(delivery, settings).run(cloud, told).await {
                    Ok(untidy) => {
                        machine.done();
                        let left = untidy.map(|why| format!("; left over, see `status`: {why}"));
                        format!("{old} has all requests{}", left.unwrap_or_default())
                    }
                    Err(why) => {
                        machine.failed();
                        why.to_string()
                    }
                }
            }
            (_, Some(asked)) => {
                machine.stopped();
                Fault::Stopped(asked).to_string()
            }
            (step, None) => match steps.perform(step, stop).await {
                Ok(()) => {
                    machine.done();
                    words(machine.state(), delivery, settings, steps.revision())
                }
                Err(fault) => {
                    machine.failed();
                    fault.to_string()
                }
            },
        };
        if machine.state() != before {
            tell(machine.state(), &words);
        }
    }
}

fn restore(delivery: &Delivery, settings: &Settings) -> Restore {
    Restore {
        to: delivery.old,
        count: delivery.old_count,
        keep: settings.keep,
        within: settings.restore_within,
        poll: settings.poll,
    }
}

fn words(state: State, delivery: &Delivery, settings: &Settings, revision: Option<&str>) -> String {
    let Delivery { old, new, .. } = delivery;
    let Settings { count, keep, step_pause, bake, .. } = settings;
    match state {
        State::Registered => {
            let there =
                if matches!(delivery.revision, Revision::There(_)) { ", which was there" } else { "" };
            format!("{}{there}", Definition::short(revision.unwrap_or_default()))
        }
        State::GreenStarted => format!("{new} starts {count} tasks"),
        State::GreenHealthy => format!("{new} has {count} healthy targets, and runs nothing else"),
        State::Smoked => format!("{new} answers as it should"),
        State::Shifted(100) => format!("{new} has all requests; its alarms are watched for {bake:?}"),
        State::Shifted(share) => format!("{new} has {share} % of the requests, for {step_pause:?}"),
        State::Baked => format!("the alarms of {new} were quiet, and clients are answered as they should be"),
        State::Kept => format!("{new} has all requests, {old} keeps {keep} tasks"),
        _ => String::new(),
    }
}
