//! Two real versions of the server behind HAProxy, delivered while k6 works: nobody notices.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod balancer;
mod clients;
mod plane;
mod site;
#[path = "../support/mod.rs"]
mod support;
mod task;

use balancer::Resend;
use clients::{Figures, Work};
use site::{Site, Version};
use support::{Colour, Ended};

const STEPS: [&str; 2] = ["10,50,100", "2s"];
/// Long enough for something to happen meanwhile.
const HALF_FOR_LONG: [&str; 2] = ["50,100", "1m"];

/// What a run came to.
#[expect(clippy::print_stdout, reason = "for whoever runs these tests with --no-capture")]
fn tell(site: &Site, runs: &[&Ended], figures: &Figures) {
    for run in runs {
        println!("{}", run.out.join("\n"));
    }
    for (weights, share, answers) in site.shares() {
        println!("  {:>3} : {:<3} green had {share:.1} % of {answers} answers", weights[0], weights[1]);
    }
    println!("  {}", figures.line());
}

/// Each process that was told to go has answered what it had, and cut nobody off.
#[track_caller]
fn assert_all_drained(site: &Site) {
    let mut tasks = site.plane.all_tasks();
    tasks.retain(|task| task.has_ended());
    assert_eq!(tasks.len(), 4, "two of each colour");
    for task in tasks {
        let log = task.server().unwrap().log();
        assert!(log.lines().any(|line| line.contains("drained") && line.contains("\"aborted\":0")), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_good_version_takes_over_and_the_next_one_goes_back_without_a_failed_request() {
    let (old, new) = (Version::old(), Version::new());
    assert_ne!(old.name, new.name, "two versions");
    let site = Site::start(Resend::Nothing, old.build(), [new.build(), old.build()]).await;
    let clients = site.clients(Work::Everything, &[&old, &new]).await;

    let there = site.deliver(2, STEPS, &["--expect-version", &new.name]).end().await;
    there.assert(0, "Kept");
    site.world.assert_live(Colour::Green);
    site.emptied(Colour::Blue).await;
    let [blue, green] = site.answers();
    site.until("green answers alone", || site.answers()[1] > green + 100).await;
    assert_eq!(site.answers()[0], blue, "blue is gone");

    let back = site.deliver(3, STEPS, &["--expect-version", &old.name]).end().await;
    back.assert(0, "Kept");
    site.world.assert_live(Colour::Blue);
    site.emptied(Colour::Green).await;
    let figures = clients.end().await;
    tell(&site, &[&there, &back], &figures);
    figures.assert_nobody_noticed(&site.balancer.complaints());
    assert!(figures.answers_of(&old.name) > 50.0 && figures.answers_of(&new.name) > 50.0);
    assert!(figures.goodbyes() >= 2, "screens were told when their server went away");
    assert_all_drained(&site);

    let shares = site.shares();
    let weights: Vec<_> = shares.iter().map(|(weights, ..)| weights[1]).collect();
    assert_eq!(weights, [0, 10, 50, 100, 90, 50, 0]);
    for (weights, share, answers) in &shares {
        // Of some hundred answers, while this machine may be busy.
        let wanted = f64::from(weights[1]);
        assert!(
            *answers > 50 && (share - wanted).abs() < 20.0,
            "{share} % of {answers} instead of {wanted} %"
        );
    }
}

/// Delivers what nobody may ever be led to.
async fn refused(site: &Site, more: &[&str]) -> Ended {
    let clients = site.clients(Work::Everything, &[&Version::old()]).await;
    let ended = site.deliver(2, STEPS, more).end().await;
    ended.assert(3, "Restored");
    site.emptied(Colour::Green).await;
    let figures = clients.end().await;
    tell(site, &[&ended], &figures);
    site.world.assert_live(Colour::Blue);
    figures.assert_nobody_noticed(&site.balancer.complaints());
    assert_eq!(site.answers()[1], 0, "nobody was led to green");
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_version_that_never_becomes_ready_gets_no_request() {
    let lost = Version::new().build().with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    let site = Site::start(Resend::Nothing, Version::old().build(), [lost]).await;
    let ended = refused(&site, &["--healthy-within", "5s"]).await;
    assert_eq!(ended.states(), ["Start", "Registered", "GreenStarted", "Restoring", "Restored"]);
    ended.assert_says("0 of 2 targets are healthy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_version_that_is_another_one_than_was_said_gets_no_request() {
    // Whoever pushed the image built the old source.
    let site = Site::start(Resend::Nothing, Version::old().build(), [Version::old().build()]).await;
    let new = Version::new().name;
    let ended = refused(&site, &["--expect-version", &new, "--smoke-within", "2s"]).await;
    assert_eq!(
        ended.states(),
        ["Start", "Registered", "GreenStarted", "GreenHealthy", "Restoring", "Restored"]
    );
    ended.assert_says(&format!("instead of {new}"));
}

/// Delivers a version that something happens to while it has half of the requests.
async fn taken_back(site: &Site, work: Work, happens: impl AsyncFnOnce()) {
    let clients = site.clients(work, &[&Version::old(), &Version::new()]).await;
    let mut program = site.deliver(2, HALF_FOR_LONG, &[]);
    program.until("Shifted(50)").await;
    site.until("green has its share", || site.answers()[1] > 40).await;
    happens().await;
    let ended = program.end().await;
    ended.assert(3, "Restored");
    site.emptied(Colour::Green).await;
    let figures = clients.end().await;
    tell(site, &[&ended], &figures);
    assert!(!ended.states().contains(&"Shifted(100)"));
    // Whichever is seen first: that nobody is there, or what that makes of requests.
    ended.assert_says_one_of(&["green-errors", "green has no healthy target left"]);
    site.world.assert_live(Colour::Blue);
    figures.assert_nobody_noticed(&site.balancer.complaints());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_version_that_ends_itself_is_taken_back_without_a_failed_request() {
    let site = Site::start(Resend::Nothing, Version::old().build(), [Version::new().build()]).await;
    taken_back(&site, Work::Everything, async || {
        let tasks = site.plane.tasks(Colour::Green);
        let [one, other] = [0, 1].map(|n| tasks[n].server().unwrap().stop());
        tokio::join!(one, other);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_version_whose_process_is_killed_is_taken_back_without_a_failed_read() {
    let site = Site::start(Resend::Reads, Version::old().build(), [Version::new().build()]).await;
    taken_back(&site, Work::Reads, async || {
        let task = site.plane.tasks(Colour::Green).remove(0);
        // It dies over a request.
        task.freeze();
        site.until("a request waits for it", || site.seen(&task).pending > 0).await;
        task.kill();
        site.until("the request goes to another one", || site.seen(&task).resent > 0).await;
    })
    .await;
}
