//! Deliveries that work, and those that are not begun.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use support::{Colour, Setup, World, image};

mod support;

const QUICK: [&str; 4] = ["--step-pause", "0s", "--bake", "0s"];

#[tokio::test]
async fn a_delivery_keeps_green_and_is_nothing_to_do_when_it_is_done_again() {
    let world = World::start(Setup::default()).await;
    let before = world.definition(Colour::Blue);

    let told = ["--steps", "10,50,100", "--expect-version", "0.1.0"];
    let first = world.deliver(2, &[&QUICK[..], &told].concat()).end().await;
    first.assert(0, "Kept");
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
    assert_eq!(first.states(), wanted);
    world.assert_live(Colour::Green);
    // The image of the container, and nothing else, is another one.
    let mut delivered = world.definition(Colour::Green);
    assert_eq!(delivered["containerDefinitions"][1]["image"], image(2));
    delivered["containerDefinitions"][1]["image"] = image(1).into();
    for field in ["revision", "taskDefinitionArn"] {
        delivered[field] = before[field].clone();
    }
    assert_eq!(delivered, before);
    assert_eq!(world.newest_revision(), 2);

    let again = world.deliver(2, &QUICK).end().await;
    again.assert(0, "Kept");
    again.assert_says("nothing to do: green has all requests");
    assert_eq!(world.newest_revision(), 2, "no revision is made for nothing");
    world.verb("status", &[]).await.assert_says("green has all requests");
}

#[tokio::test]
async fn the_next_delivery_goes_the_other_way_and_can_be_taken_back() {
    let world = World::start(Setup::default()).await;
    let at_once = [&QUICK[..], &["--steps", "100"]].concat();
    world.deliver(2, &at_once).end().await.assert(0, "Kept");
    let next = world.deliver(3, &[&at_once[..], &["--keep", "1"]].concat()).end().await;
    next.assert(0, "Kept");
    assert_eq!((world.production(), world.test()), ([100, 0], [0, 100]));
    assert_eq!((world.desired(Colour::Blue), world.desired(Colour::Green)), (2, 1));
    assert_eq!(world.definition(Colour::Blue)["containerDefinitions"][1]["image"], image(3));

    // The way back after all is done: first the tasks, then the requests.
    let back = world.verb("restore", &["--to", "green"]).await;
    back.assert(0, "Restored");
    world.assert_live(Colour::Green);
    assert_eq!(world.definition(Colour::Green)["containerDefinitions"][1]["image"], image(2));
}

#[tokio::test]
async fn a_stack_says_where_everything_is() {
    let world = World::start(Setup::default()).await;
    world.make_stack("campotech-production");
    let aws = support::aws();
    let words = ["--stack", "campotech-production", "--aws", &aws];
    let run = |verb, more: &[&str]| {
        support::Program::start(&world.moto.url(), &[&[verb], &words[..], more].concat())
    };
    let image = image(2);
    run("run", &[&QUICK[..], &["--image", &image, "--steps", "100", "--poll", "300ms"]].concat())
        .end()
        .await
        .assert(0, "Kept");
    world.assert_live(Colour::Green);
    assert_eq!(run("status", &[]).end().await.code, 0);
    let none = support::Program::start(&world.moto.url(), &["status", "--stack", "other", "--aws", &aws])
        .end()
        .await;
    assert_eq!(none.code, 2);
    none.assert_says("other does not exist");
}

#[tokio::test]
async fn what_others_began_is_not_ended_by_a_run_that_was_refused() {
    let world = World::start(Setup::default()).await;
    world.set_production([50, 50]);
    let home = tempfile::tempdir().unwrap();
    let begun = home.path().join("begun").display().to_string();
    assert_eq!(world.deliver(2, &["--begun", &begun]).end().await.code, 2);
    let ended = world.verb("restore", &["--if-begun", &begun]).await;
    ended.assert(0, "Restored");
    ended.assert_says("no delivery was begun here");
    assert_eq!(world.production(), [50, 50]);

    world.set_production([100, 0]);
    world.deliver(2, &[&QUICK[..], &["--begun", &begun]].concat()).end().await.assert(0, "Kept");
    assert!(std::fs::exists(&begun).unwrap());
    world.verb("restore", &["--if-begun", &begun]).await.assert_says("nothing to do: green has all requests");
}

#[tokio::test]
async fn what_is_not_clear_is_refused_and_changes_nothing() {
    let world = World::start(Setup::default()).await;
    let refused = async |more: &[&str], words: &str| {
        let ended = world.begin("run", more).end().await;
        assert_eq!((ended.code, ended.out.len()), (2, 0), "{}", ended.err);
        ended.assert_says(words);
        assert_eq!((world.newest_revision(), world.desired(Colour::Green)), (1, 0));
    };
    let image = image(2);
    refused(&["--image", "app:1.2.3"], "does not name an image by its digest").await;
    refused(&["--image", &image, "--steps", "10,50"], "end with 100").await;
    refused(&["--image", &image, "--ignore-alarm", "misspelt"], "`misspelt` is no alarm").await;

    let mut outputs = world.outputs();
    outputs["GreenAlarms"] = "green-errors,nobody-made-it".into();
    std::fs::write(world.outputs_file(), outputs.to_string()).unwrap();
    refused(&["--image", &image], "nobody made the alarm nobody-made-it").await;
    outputs["GreenAlarms"] = "green-errors".into();
    outputs["ContainerName"] = "other".into();
    std::fs::write(world.outputs_file(), outputs.to_string()).unwrap();
    refused(&["--image", &image], "app:1 has no container `other`").await;
    world.assert_live(Colour::Blue);

    let nobody = world.begin_at("http://127.0.0.1:1", "run", &["--image", &image]).end().await;
    assert_eq!(nobody.code, 2, "{}", nobody.err);
    nobody.assert_says("refused, nothing was changed: aws elbv2 describe-listeners");
}

#[tokio::test]
async fn a_delivery_that_was_cut_off_in_the_middle_is_refused_and_can_be_ended() {
    cut_off([50, 50]).await;
}

#[tokio::test]
async fn a_delivery_that_was_cut_off_in_its_bake_is_refused_and_can_be_ended() {
    cut_off([0, 100]).await;
}

/// Somebody else's delivery, killed when the weights were these, or still at work.
async fn cut_off(weights: [u32; 2]) {
    let world = World::start(Setup::default()).await;
    world.scale(Colour::Green, 2);
    world.set_production(weights);
    let ended = world.deliver(2, &QUICK).end().await;
    assert_eq!((ended.code, ended.out.len()), (2, 0), "{}", ended.err);
    ended.assert_says("campotech-deploy restore");
    assert_eq!(world.production(), weights, "whoever is at work is left alone");
    let status = world.verb("status", &[]).await;
    assert_eq!(status.code, 1);
    status.assert_says("`restore` goes back to blue");
    world.verb("restore", &[]).await.assert(0, "Restored");
    world.assert_live(Colour::Blue);
    world.verb("restore", &[]).await.assert_says("nothing to do: blue has all requests");
}

#[tokio::test]
async fn a_delivery_that_was_cut_off_before_anything_was_shifted_leaves_tasks_that_can_be_stopped() {
    let world = World::start(Setup::default()).await;
    world.scale(Colour::Green, 2);
    world.verb("restore", &[]).await.assert(0, "Restored");
    world.assert_live(Colour::Blue);
}
