//! Deliveries in which something goes wrong: the old colour has all requests afterwards.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::process::Command;
use std::time::Duration;

use campotech_testkit::{Fault, FaultProxy};
use rustix::process::Signal;
use support::{Colour, Setup, World};

mod support;

/// Long enough to be hit in the middle.
const SLOW: [&str; 4] = ["--step-pause", "1m", "--bake", "1m"];
const QUICK: [&str; 4] = ["--step-pause", "0s", "--bake", "0s"];

#[tokio::test]
async fn smoke_tests_that_fail_let_nobody_in() {
    let world = World::start(Setup::default()).await;
    world.smoke.answer("/ready", 503, r#"{"status":"unhealthy","phase":"serving"}"#);
    let ended = world.deliver(2, &[&QUICK[..], &["--smoke-within", "1s"]].concat()).end().await;
    ended.assert(3, "Restored");
    ended.assert_says("/ready answers 503 instead of 200");
    assert!(!ended.states().iter().any(|state| state.starts_with("Shifted")));
    world.assert_live(Colour::Blue);

    world.smoke.answer("/ready", 200, "");
    let wrong = ["--smoke-within", "1s", "--expect-version", "0.2.0"];
    let ended = world.deliver(2, &[&QUICK[..], &wrong].concat()).end().await;
    ended.assert(3, "Restored");
    ended.assert_says("/health says version 0.1.0 instead of 0.2.0");
    ended.assert_says("app:2, which was there");
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn clients_that_are_answered_otherwise_than_the_test_listener_take_everything_back() {
    let world = World::start(Setup::default()).await;
    world.clients.answer("/api/v1/jobs", 404, "");
    let ended = world.deliver(2, &[&QUICK[..], &["--smoke-within", "1s"]].concat()).end().await;
    ended.assert(3, "Restored");
    ended.assert_says(
        "of the production listener did not pass within 1s: /api/v1/jobs answers 404 instead of 401",
    );
    let states = ended.states();
    assert!(states.contains(&"Shifted(100)") && !states.contains(&"Baked"), "{states:?}");
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn a_green_that_does_not_become_healthy_is_given_up() {
    let world = World::start(Setup { green_targets: 1, ..Setup::default() }).await;
    let ended = world.deliver(2, &[&QUICK[..], &["--healthy-within", "2s"]].concat()).end().await;
    ended.assert(3, "Restored");
    ended.assert_says("green was not healthy within 2s: 1 of 2 targets are healthy");
    assert_eq!(ended.states(), ["Start", "Registered", "GreenStarted", "Restoring", "Restored"]);
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn an_alarm_of_the_new_colour_takes_everything_back_in_a_step() {
    let world = World::start(Setup::default()).await;
    // The old colour's says nothing of the new one.
    world.set_alarm("blue-errors", "ALARM");
    alarmed(&world, "Shifted(10)", "green-errors").await;
}

#[tokio::test]
async fn an_alarm_of_both_colours_takes_everything_back_in_the_bake() {
    let world = World::start(Setup::default()).await;
    alarmed(&world, "Shifted(100)", "shared-errors").await;
}

async fn alarmed(world: &World, state: &str, alarm: &str) {
    let pause = if state == "Shifted(10)" { "1m" } else { "0s" };
    let mut program = world.deliver(2, &["--step-pause", pause, "--bake", "1m"]);
    program.until(state).await;
    world.set_alarm(alarm, "ALARM");
    let ended = program.end().await;
    ended.assert(3, "Restored");
    ended.assert_says(&format!("in ALARM: {alarm}"));
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn an_alarm_that_was_loud_before_shifts_nothing_unless_it_is_left_out() {
    let world = World::start(Setup::default()).await;
    world.set_alarm("shared-errors", "ALARM");
    let ended = world.deliver(2, &[&QUICK[..], &["--healthy-within", "2s"]].concat()).end().await;
    ended.assert(3, "Restored");
    ended.assert_says("before anything was shifted: shared-errors");
    assert!(!ended.states().iter().any(|state| state.starts_with("Shifted")));
    world.assert_live(Colour::Blue);
    let mended = world.deliver(2, &[&QUICK[..], &["--ignore-alarm", "shared-errors"]].concat()).end().await;
    mended.assert(0, "Kept");
    world.assert_live(Colour::Green);
}

#[tokio::test]
async fn targets_that_are_lost_in_the_bake_take_everything_back() {
    let world = World::start(Setup::default()).await;
    let mut program = world.deliver(2, &["--step-pause", "0s", "--bake", "1m"]);
    program.until("Shifted(100)").await;
    world.deregister_targets(Colour::Green, 2);
    let ended = program.end().await;
    ended.assert(3, "Restored");
    ended.assert_says("green has no healthy target left");
    world.assert_live(Colour::Blue);
}

/// A signal as soon as the program says that it is in `state`.
async fn signalled(state: &str, signal: Signal) {
    let world = World::start(Setup::default()).await;
    // What comes before that state takes no time, and that state itself a minute.
    let share = if state == "Shifted(50)" { "50,100" } else { "10,100" };
    let pause = if state == "Shifted(100)" || state == "Baked" { "0s" } else { "1m" };
    let bake = if state == "Baked" { "0s" } else { "1m" };
    let image = support::image(2);
    let words = ["--image", &image, "--steps", share, "--step-pause", pause, "--bake", bake];
    let mut program = world.begin("run", &words);
    program.until(state).await;
    program.signal(signal);
    let ended = program.end().await;
    ended.assert(3, "Restored");
    ended.assert_says(&format!("Restoring     {}", if signal == Signal::INT { "SIGINT" } else { "SIGTERM" }));
    let states = ended.states();
    let at = states.iter().position(|found| *found == state).unwrap();
    // A change that was under way is still done, and then taken back.
    assert!(states.len() - at <= 4, "{states:?}");
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn a_signal_when_it_is_started_restores() {
    signalled("Start", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_registered_restores() {
    signalled("Registered", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_starting_green_restores() {
    signalled("GreenStarted", Signal::INT).await;
}

#[tokio::test]
async fn a_signal_when_it_is_healthy_restores() {
    signalled("GreenHealthy", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_smoked_restores() {
    signalled("Smoked", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_at_ten_percent_restores() {
    signalled("Shifted(10)", Signal::INT).await;
}

#[tokio::test]
async fn a_signal_when_it_is_at_fifty_percent_restores() {
    signalled("Shifted(50)", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_baking_restores() {
    signalled("Shifted(100)", Signal::TERM).await;
}

#[tokio::test]
async fn a_signal_when_it_is_baked_restores() {
    signalled("Baked", Signal::TERM).await;
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_reason_to_stop_in_the_middle() {
    let world = World::start(Setup::default()).await;
    let mut program = world.deliver(2, &QUICK);
    program.until("Start").await;
    assert_eq!(program.end_unheard().await, 0);
    world.assert_live(Colour::Green);
}

#[tokio::test]
async fn somebody_else_at_the_weights_is_noticed() {
    let world = World::start(Setup::default()).await;
    let mut program = world.deliver(2, &["--step-pause", "3s", "--bake", "0s"]);
    program.until("Shifted(10)").await;
    world.set_production([100, 0]);
    let ended = program.end().await;
    ended.assert(3, "Restored");
    ended.assert_says("somebody else set the weights of the production listener: blue 100, green 0");
    world.assert_live(Colour::Blue);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_start_refuses() {
    let world = World::start(Setup::default()).await;
    let proxy = FaultProxy::start(world.moto.addr()).await;
    proxy.set(Fault::Blackhole);
    let program = world.deliver_at(&format!("http://{}", proxy.addr()), 2, &SLOW);
    while proxy.accepted() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.signal(Signal::TERM);
    let ended = program.end().await;
    assert_eq!((ended.code, ended.out.len()), (2, 0), "{}", ended.err);
    ended.assert_says("refused, nothing was changed: SIGTERM");
    world.assert_live(Colour::Blue);
}

#[tokio::test]
async fn aws_away_for_a_while_is_restored_when_it_is_back() {
    let world = World::start(Setup::default()).await;
    let mut program =
        world.deliver(2, &[&SLOW[..], &["--call-within", "10s", "--restore-within", "3m"]].concat());
    program.until("Shifted(10)").await;
    // It keeps what it is sent, and does it when it goes on: calls that were given up arrive late.
    world.moto.freeze();
    program.until("Restoring").await;
    program.until("Restoring").await;
    world.moto.thaw();
    let ended = program.end().await;
    ended.assert(3, "Restored");
    ended.assert_says("no answer within 10s");
    world.assert_live(Colour::Blue);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_gone_for_good_says_exactly_what_to_do() {
    let world = World::start(Setup::default()).await;
    let proxy = FaultProxy::start(world.moto.addr()).await;
    let endpoint = format!("http://{}", proxy.addr());
    // First by the program's own verb, then by the commands, typed as they are.
    for (n, by_verb) in [(2, true), (3, false)] {
        proxy.set(Fault::Pass);
        let mut program = world.deliver_at(&endpoint, n, &[&SLOW[..], &["--restore-within", "3s"]].concat());
        program.until("Shifted(10)").await;
        proxy.set(Fault::Refuse);
        let ended = program.end().await;
        ended.assert(4, "Lost");
        ended.assert_says("COULD NOT RESTORE: see to it that blue has all requests");
        assert_eq!(world.production(), [90, 10]);
        let commands: Vec<_> = ended.err.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        if by_verb {
            let (verb, file) = (commands[0], world.outputs_file());
            assert_eq!(verb, format!("campotech-deploy restore --outputs {} --to blue", file.display()));
            world.verb("restore", &["--to", "blue"]).await.assert(0, "Restored");
        } else {
            for command in &commands[1..] {
                let command = command.replacen("aws", &support::aws(), 1);
                let mut shell = Command::new("sh");
                shell.args(["-c", &command]).envs(World::environment(&world.moto.url()));
                let output = shell.output().unwrap();
                assert!(output.status.success(), "{command}: {output:?}");
            }
        }
        world.assert_live(Colour::Blue);
    }
}
