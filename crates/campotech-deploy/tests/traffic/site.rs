//! Everything together: moto, PostgreSQL, Redis, HAProxy, the data plane, and the server in two versions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use campotech_testkit::{Postgres, Redis};
use tokio::time::sleep;

use super::balancer::{Balancer, Frontend, Resend, Seen};
use super::clients::{Clients, Work};
use super::plane::Plane;
use super::task::{Build, Task};
use crate::support::{Colour, Program, Setup, TASKS, World, image};

/// How long anything here may take to become so.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    pub(crate) balancer: Arc<Balancer>,
    pub(crate) plane: Plane,
    _postgres: Postgres,
    _redis: Redis,
}

/// A server that was built before these tests.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    program: PathBuf,
    /// What it says of itself.
    pub(crate) name: String,
}

impl Version {
    /// What is live at first: as developers build it.
    pub(crate) fn old() -> Self {
        Self::of("CAMPOTECH_SERVER_OLD")
    }

    /// What is delivered: as the image has it.
    pub(crate) fn new() -> Self {
        Self::of("CAMPOTECH_SERVER_NEW")
    }

    fn of(variable: &str) -> Self {
        let path = std::env::var_os(variable)
            .unwrap_or_else(|| panic!("{variable} does not name a server: cargo xtask delivery builds two"));
        let program = Path::new(&path).canonicalize().unwrap_or_else(|why| panic!("{variable}: {why}"));
        let said = Command::new(&program).arg("--version").output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        let name = said.split_whitespace().nth(1).unwrap().to_owned();
        Self { program, name }
    }

    pub(crate) fn build(&self) -> Build {
        Build { program: self.program.clone(), variables: Vec::new() }
    }
}

impl Site {
    /// Blue is live with the first image; `others` are the next ones.
    pub(crate) async fn start(resend: Resend, first: Build, others: impl IntoIterator<Item = Build>) -> Self {
        let setup = Setup { blue_targets: 0, green_targets: 0 };
        let (world, postgres, redis, balancer) =
            tokio::join!(World::start(setup), Postgres::start(), Redis::start(), Balancer::start(resend));
        let images = std::iter::once(first).chain(others).zip(1..);
        let images = images.map(|(build, n)| (image(n), common(build, &postgres, &redis)));
        let images: HashMap<_, _> = images.collect();
        let (world, balancer) = (Arc::new(world), Arc::new(balancer));
        let plane = Plane::start(Arc::clone(&world), Arc::clone(&balancer), images);
        let site = Self { world, balancer, plane, _postgres: postgres, _redis: redis };
        site.until("blue serves", || {
            let healthy = site.balancer.look().iter().filter(|seen| seen.healthy).count();
            healthy == TASKS as usize && !site.plane.marks().is_empty()
        })
        .await;
        site
    }

    /// Clients at work, and already answered.
    pub(crate) async fn clients(&self, work: Work, versions: &[&Version]) -> Clients {
        let versions: Vec<_> = versions.iter().map(|version| &*version.name).collect();
        let before: u64 = self.answers().iter().sum();
        let clients = Clients::start(&self.balancer.url(Frontend::Production), work, &versions);
        // The accounts are fewer than that.
        self.until("clients are answered", || self.answers().iter().sum::<u64>() > before + 60).await;
        clients
    }

    /// The program, with these steps and the time that each is watched, and smoke tests by HAProxy's listeners.
    pub(crate) fn deliver(&self, n: u8, [steps, pause]: [&str; 2], more: &[&str]) -> Program {
        let (smoke, clients) = (self.balancer.url(Frontend::Test), self.balancer.url(Frontend::Production));
        let times = ["--steps", steps, "--step-pause", pause, "--bake", "3s"];
        let urls = ["--smoke-url", &*smoke, "--client-url", &clients];
        self.world.deliver(n, &[&times[..], &urls, more].concat())
    }

    /// Answers that blue and green have given to clients.
    pub(crate) fn answers(&self) -> [u64; 2] {
        let mut answers = [0; 2];
        for seen in self.balancer.look() {
            answers[seen.slot.colour as usize] += seen.answers;
        }
        answers
    }

    /// Of this task.
    pub(crate) fn seen(&self, task: &Task) -> Seen {
        self.balancer.look().into_iter().find(|seen| seen.slot == task.slot).unwrap()
    }

    /// The share of green in percent, and the answers it is a share of, at each of the weights that production had.
    pub(crate) fn shares(&self) -> Vec<([u32; 2], f64, u64)> {
        let mut marks = self.plane.marks();
        marks.dedup_by_key(|mark| mark.weights);
        let ends = marks.iter().skip(1).map(|mark| mark.answers).chain([self.answers()]);
        let share = |(mark, end): (&super::plane::Mark, [u64; 2])| {
            let [blue, green] = [0, 1].map(|colour| end[colour] - mark.answers[colour]);
            (mark.weights, 100.0 * green as f64 / (blue + green).max(1) as f64, blue + green)
        };
        marks.iter().zip(ends).map(share).collect()
    }

    /// Until the processes of this colour are gone; each has answered all that it was asked.
    pub(crate) async fn emptied(&self, colour: Colour) {
        let of = || self.plane.all_tasks().into_iter().filter(move |task| task.slot.colour == colour);
        self.until("its tasks are gone", || of().all(|task| task.has_ended())).await;
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so() {
            self.plane.assert_works();
            assert!(
                Instant::now() < deadline,
                "it never came to it that {what}:\n{}",
                self.balancer.complaints()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What all of them are started with, before what is peculiar to one.
fn common(mut build: Build, postgres: &Postgres, redis: &Redis) -> Build {
    let common = [
        ("CAMPOTECH_LOG", "info".to_owned()),
        // k6 says for each of its users which address it has, and HAProxy passes it on.
        ("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
        ("CAMPOTECH_DATABASE_POOL", "4".to_owned()),
        ("DATABASE_URL", postgres.url()),
        ("REDIS_URL", redis.url()),
    ];
    build.variables.splice(0..0, common.map(|(name, value)| (name.to_owned(), value)));
    build
}
