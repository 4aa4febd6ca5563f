//! Whatever happens, whenever it happens: exactly one colour has all requests in the end.

use std::cell::RefCell;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::world::{Event, World};
use crate::colour::{Colour, Weights};
use crate::delivery::{Settings, deliver};
use crate::machine::Ending;
use crate::plan::{Delivery, Revision};
use crate::smoke::Smoke;
use crate::stop::Stop;

const OLD_COUNT: u32 = 3;
const COUNT: u32 = 2;

/// A delivery and what became of it.
struct Run {
    ending: Ending,
    world: World,
    lines: Vec<String>,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn settings(shares: &[u8], keep: u32) -> Settings {
    Settings {
        shares: shares.to_vec(),
        step_pause: seconds(7),
        healthy_within: seconds(30),
        bake: seconds(20),
        smoke: Smoke::new(&["/api/v1/jobs=401".parse().unwrap()], None),
        smoke_within: seconds(10),
        restore_within: seconds(300),
        poll: seconds(5),
        count: COUNT,
        keep,
    }
}

fn run(settings: &Settings, events: &[(usize, Event)]) -> Run {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
        let (sender, stop) = Stop::pair();
        let world = World::new(events, sender);
        let revision = Revision::ToMake(json!({}));
        let delivery = Delivery { old: Colour::Blue, new: Colour::Green, old_count: OLD_COUNT, revision };
        let lines = RefCell::new(Vec::new());
        let tell = |state, words: &str| lines.borrow_mut().push(format!("{state} {words}"));
        let ending = deliver(&world, &delivery, settings, &stop, &tell).await;
        world.settle().await;
        Run { ending, world, lines: lines.into_inner() }
    })
}

/// What has to be true whatever happened.
fn check(run: &Run, keep: u32) -> Result<(), String> {
    let Run { ending, world, lines } = run;
    let (blue, green) = (world.desired(Colour::Blue), world.desired(Colour::Green));
    let told = |what: &str| Err(format!("{what}: {ending:?} {world:?} {lines:#?}"));
    if !world.lost_requests.borrow().is_empty() {
        return told("requests went to nobody");
    }
    let wanted = match ending {
        Ending::Kept | Ending::KeptUntidy => Colour::Green,
        Ending::Restored => Colour::Blue,
        Ending::Lost => return told("lost"),
    };
    if world.production() != Weights::all(wanted) {
        return told("not exactly the one colour");
    }
    if world.test() != Weights::all(wanted.other()) {
        return told("the test listener leads to who is live");
    }
    match ending {
        Ending::Kept if (blue, green) != (keep, COUNT) => told("kept, and not the right tasks"),
        Ending::KeptUntidy if green != COUNT => told("kept without its tasks"),
        Ending::Kept if world.runs(Colour::Green) != "f:2" => told("kept, and not the new revision"),
        Ending::Restored if blue != OLD_COUNT || green > keep => told("restored, and not the right tasks"),
        _ => Ok(()),
    }
}

#[test]
fn all_well_is_kept() {
    for keep in [0, 1] {
        let run = run(&settings(&[10, 50, 100], keep), &[]);
        assert_eq!(run.ending, Ending::Kept);
        check(&run, keep).unwrap();
        let states: Vec<_> = run.lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
        let wanted = [
            "Start",
            "Registered",
            "GreenStarted",
            "GreenHealthy",
            "Smoked",
            "Shifted(10)",
            "Shifted(50)",
            "Shifted(100)",
            "Baked",
            "Kept",
        ];
        assert_eq!(states, wanted);
    }
}

#[test]
fn every_event_at_every_call_leaves_exactly_one_colour() {
    let settings = settings(&[10, 100], 0);
    let calls = run(&settings, &[]).world.calls();
    assert!(calls > 30, "{calls}");
    for event in Event::ALL {
        for at in 0..calls {
            let run = run(&settings, &[(at, event)]);
            if run.world.raced.get() {
                continue;
            }
            check(&run, 0).unwrap_or_else(|why| panic!("{event:?} at call {at}: {why}"));
        }
    }
}

#[test]
fn asking_to_stop_restores_at_every_call_until_it_is_decided() {
    let settings = settings(&[10, 100], 0);
    let calls = run(&settings, &[]).world.calls();
    // The last call stops the old colour.
    for at in 0..calls - 1 {
        let run = run(&settings, &[(at, Event::Stop)]);
        assert_eq!(run.ending, Ending::Restored, "at call {at} of {calls}: {:#?}", run.lines);
        assert!(run.lines.iter().any(|line| line == "Restoring SIGTERM"), "{:#?}", run.lines);
    }
    assert_eq!(run(&settings, &[(calls - 1, Event::Stop)]).ending, Ending::Kept);
}

#[test]
fn whatever_is_looked_at_is_noticed() {
    let settings = settings(&[10, 100], 0);
    let well = run(&settings, &[]).world;
    for (event, look, words) in [
        (Event::Alarm, "alarms", "green-errors"),
        (Event::Unhealthy, "targets", "green"),
        (Event::NoTasks, "service", "0 of 2 tasks run"),
        (Event::TwoRevisions, "service", "in 2 deployments"),
        (Event::GaveUp, "service", "ECS gave up"),
        (Event::WrongAnswers, "ask", "answers 500"),
    ] {
        for at in 0..=well.calls_of(look).1 {
            let run = run(&settings, &[(at, event)]);
            assert_eq!(run.ending, Ending::Restored, "{event:?} at call {at}: {:#?}", run.lines);
            let told = run.lines.iter().any(|line| line.starts_with("Restoring") && line.contains(words));
            assert!(told, "{event:?} at call {at}: {:#?}", run.lines);
            let shifted = run.lines.iter().any(|line| line.starts_with("Shifted"));
            assert!(!shifted || at > well.calls_of("service").1, "{event:?} at call {at}: {:#?}", run.lines);
        }
    }
}

#[test]
fn what_clients_are_answered_after_the_bake_is_noticed() {
    let settings = settings(&[10, 100], 0);
    let well = run(&settings, &[]).world;
    for at in well.calls_of("ask").1 + 1..=well.calls_of("ask as clients").1 {
        let run = run(&settings, &[(at, Event::WrongAnswers)]);
        assert_eq!(run.ending, Ending::Restored, "at call {at}: {:#?}", run.lines);
        let told = run.lines.iter().any(|line| line.contains("of the production listener did not pass"));
        assert!(told, "at call {at}: {:#?}", run.lines);
    }
}

#[test]
fn somebody_else_at_the_weights_is_noticed_before_the_next_step() {
    let settings = settings(&[10, 100], 0);
    let well = run(&settings, &[]).world;
    let shifted = well.calls_of("set_weights").0;
    // At the moment of a change it is the change that wins.
    for at in (shifted + 1..=well.calls_of("weights").1).filter(|&at| well.call_at(at) != "set_weights") {
        let run = run(&settings, &[(at, Event::Meddled)]);
        assert_eq!(run.ending, Ending::Restored, "at call {at}: {:#?}", run.lines);
        let told = run.lines.iter().any(|line| line.contains("somebody else set the weights"));
        assert!(told, "at call {at}: {:#?}", run.lines);
        if at == shifted + 1 {
            let shifted = run.lines.iter().any(|line| line.starts_with("Shifted"));
            assert!(!shifted, "it is not said before it was seen: {:#?}", run.lines);
        }
    }
}

#[test]
fn an_old_colour_that_somebody_stopped_is_started_before_it_gets_requests() {
    let settings = settings(&[10, 100], 0);
    let well = run(&settings, &[]).world;
    for at in 0..=well.calls_of("alarms").1 {
        let run = run(&settings, &[(at, Event::OldStopped), (at, Event::Alarm)]);
        let (count, live) = (run.world.desired(Colour::Blue), run.world.production());
        assert_eq!((count, live), (OLD_COUNT, Weights::all(Colour::Blue)), "at call {at}: {:#?}", run.lines);
    }
}

#[test]
fn an_alarm_that_was_loud_before_must_become_quiet_before_anything_is_shifted() {
    let run = run(&settings(&[100], 0), &[(0, Event::Alarm)]);
    assert_eq!(run.ending, Ending::Restored);
    assert!(!run.lines.iter().any(|line| line.starts_with("Shifted")), "{:#?}", run.lines);
    assert!(run.lines.iter().any(|line| line.contains("green-errors")), "{:#?}", run.lines);
}

#[test]
fn what_can_not_be_restored_in_time_is_lost_and_said_so() {
    let settings = settings(&[10, 100], 0);
    let calls = run(&settings, &[]).world.calls();
    for at in 0..calls - 1 {
        let run = run(&settings, &[(at, Event::Outage(3600))]);
        assert_eq!(run.ending, Ending::Lost, "at call {at}");
        assert!(run.lines.last().unwrap().starts_with("Lost "), "{:#?}", run.lines);
    }
    assert_eq!(run(&settings, &[(calls - 1, Event::Outage(3600))]).ending, Ending::KeptUntidy);
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![proptest::sample::select(Event::ALL.to_vec()), (1_u64..50).prop_map(Event::Outage)]
}

fn shares() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::btree_set(1_u8..100, 0..4).prop_map(|set| set.into_iter().chain([100]).collect())
}

proptest! {
    #[test]
    fn several_events_leave_exactly_one_colour(
        events in proptest::collection::vec((0_usize..80, event()), 0..5),
        shares in shares(),
        keep in 0_u32..2,
    ) {
        let run = run(&settings(&shares, keep), &events);
        prop_assume!(!run.world.raced.get());
        if let Err(why) = check(&run, keep) {
            return Err(TestCaseError::fail(why));
        }
    }
}
