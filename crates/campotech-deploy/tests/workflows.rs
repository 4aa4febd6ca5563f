//! The workflows of `.github/workflows`, run by `act` on an AWS of this machine, with a registry of its own.
//!
//! What only GitHub has is stood in for, and written down: roles, caches, artifacts, attestations. Approvals, permissions
//! and concurrency are read by linters; nobody keeps them here.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails its test")]

mod support;

use support::{Colour, Setup, Site, Tests, World};

/// The stack that the workflows name.
async fn world() -> World {
    let world = World::start(Setup::default()).await;
    world.make_stack("campotech");
    world
}

fn image_of(world: &World, colour: Colour) -> String {
    let containers = world.definition(colour)["containerDefinitions"].clone();
    let server =
        containers.as_array().unwrap().iter().find(|container| container["name"] == "server").unwrap();
    server["image"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_push_to_develop_is_delivered_to_staging_and_one_to_main_takes_the_same_image_to_production() {
    let site = Site::start(Tests::Pass).await;
    let (staging, production) = (world().await, world().await);

    let pushed = site.push("develop", &staging).await;
    assert!(pushed.passed, "{}", pushed.log);
    let digest = site.pushed_digest().expect("the registry has an image of this commit");
    let image = format!("{}@{digest}", site.repository());
    staging.assert_live(Colour::Green);
    assert_eq!(image_of(&staging, Colour::Green), image);
    assert_eq!(
        pushed.asked,
        [
            "actions/upload-artifact delivery delivery".to_owned(),
            "actions/download-artifact delivery delivery".to_owned(),
            "aws-actions/configure-aws-credentials push-role us-east-1".to_owned(),
            format!("actions/attest-build-provenance {} {digest}", site.repository()),
            "actions/download-artifact delivery delivery".to_owned(),
            "aws-actions/configure-aws-credentials develop-deploy-role us-east-1".to_owned(),
            "actions/upload-artifact load target/load".to_owned(),
        ]
    );
    let order =
        ["tests", "Registered", "GreenHealthy", "Smoked", "Shifted(10)", "Shifted(100)", "Baked", "Kept"];
    let order = order.map(|words| pushed.at(words));
    assert!(order.is_sorted(), "{order:?} in {}", pushed.log);
    assert!(
        pushed.at("nothing to do: green has all requests") < pushed.at("api-baseline closed"),
        "{}",
        pushed.log
    );
    production.assert_live(Colour::Blue);

    let pushed = site.push("main", &production).await;
    assert!(pushed.passed, "{}", pushed.log);
    assert_eq!(site.pushed_digest(), Some(digest));
    production.assert_live(Colour::Green);
    assert_eq!(image_of(&production, Colour::Green), image);
    assert!(
        pushed.asked.contains(&"aws-actions/configure-aws-credentials main-deploy-role us-east-1".to_owned())
    );
    assert!(!pushed.log.contains("api-baseline"), "nobody loads production: {}", pushed.log);
}

#[tokio::test]
async fn tests_that_fail_let_nothing_be_pushed_or_delivered() {
    for workflow in ["ci", "e2e"] {
        let site = Site::start(Tests::Fail(workflow)).await;
        let world = world().await;
        let before = world.newest_revision();
        let pushed = site.push("main", &world).await;
        assert!(!pushed.passed, "{workflow}: {}", pushed.log);
        world.assert_live(Colour::Blue);
        assert_eq!(world.newest_revision(), before);
        assert_eq!(site.pushed_digest(), None, "{workflow}");
        assert!(
            !pushed.asked.iter().any(|line| line.starts_with("aws-actions")),
            "{workflow}: {:?}",
            pushed.asked
        );
    }
}

#[tokio::test]
async fn smoke_tests_that_fail_end_the_run_and_the_old_version_stays() {
    let site = Site::start(Tests::Pass).await;
    let world = world().await;
    world.smoke.answer("/ready", 503, "{}");
    let pushed = site.push("main", &world).await;
    assert!(!pushed.passed, "{}", pushed.log);
    let order = ["GreenHealthy", "Restoring", "Restored", "nothing to do: blue has all requests"];
    let order = order.map(|words| pushed.at(words));
    assert!(order.is_sorted(), "{order:?} in {}", pushed.log);
    world.assert_live(Colour::Blue);
}
