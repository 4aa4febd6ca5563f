//! The data plane: what ECS, the load balancer and CloudWatch do for the state that the program writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::balancer::{Balancer, Frontend, SLOTS, Seen, Slot};
use super::task::{Build, Task};
use crate::support::{Colour, TASKS, World};

const TURN: Duration = Duration::from_millis(150);
const COLOURS: [Colour; 2] = [Colour::Blue, Colour::Green];

/// Works for as long as it is there.
pub(crate) struct Plane {
    work: JoinHandle<()>,
    shared: Arc<Shared>,
}

/// Weights of production, and how many answers both colours had given when they were set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) weights: [u32; 2],
    pub(crate) answers: [u64; 2],
}

#[derive(Default)]
struct Shared {
    tasks: Mutex<Vec<Arc<Task>>>,
    marks: Mutex<Vec<Mark>>,
}

struct Work {
    world: Arc<World>,
    balancer: Arc<Balancer>,
    shared: Arc<Shared>,
    images: HashMap<String, Build>,
    /// Image and variables of each task definition.
    definitions: HashMap<String, Build>,
    lives: Vec<JoinHandle<()>>,
    registered: Vec<Slot>,
    weights: [Vec<(Slot, u32)>; 2],
    watches: [Watch; 2],
}

/// What is watched of a colour since its tasks were started.
#[derive(Default)]
struct Watch {
    runs: bool,
    /// Before they were.
    answers: u64,
    errors: u64,
    /// A target that nobody took away.
    lost: bool,
    loud: bool,
}

impl Plane {
    /// `images` are what can be pulled.
    pub(crate) fn start(world: Arc<World>, balancer: Arc<Balancer>, images: HashMap<String, Build>) -> Self {
        let shared = Arc::<Shared>::default();
        let mut work = Work {
            world,
            balancer,
            shared: Arc::clone(&shared),
            images,
            definitions: HashMap::new(),
            lives: Vec::new(),
            registered: Vec::new(),
            weights: Default::default(),
            watches: Default::default(),
        };
        let work = tokio::spawn(async move {
            loop {
                // It waits for moto, on a worker that the test can do without.
                work.turn();
                sleep(TURN).await;
            }
        });
        Self { work, shared }
    }

    /// Tasks that nobody told to go.
    pub(crate) fn tasks(&self, colour: Colour) -> Vec<Arc<Task>> {
        let tasks = self.shared.tasks.lock().unwrap();
        tasks.iter().filter(|task| task.slot.colour == colour && !task.is_stopped()).cloned().collect()
    }

    /// All that there ever were.
    pub(crate) fn all_tasks(&self) -> Vec<Arc<Task>> {
        self.shared.tasks.lock().unwrap().clone()
    }

    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.shared.marks.lock().unwrap().clone()
    }

    pub(crate) fn assert_works(&self) {
        assert!(!self.work.is_finished(), "the data plane has failed");
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Work {
    fn turn(&mut self) {
        let seen = self.balancer.look();
        for colour in COLOURS {
            self.run_tasks(colour);
        }
        self.register_targets(&seen);
        let production = self.world.production();
        // Of what was, before it is changed.
        let answers = COLOURS.map(|colour| totals(&seen, colour).0);
        if self.weigh(Frontend::Production, production) {
            self.shared.marks.lock().unwrap().push(Mark { weights: production, answers });
        }
        self.weigh(Frontend::Test, self.world.test());
        for colour in COLOURS {
            self.raise_alarms(colour, &seen);
        }
    }

    /// ECS: as many tasks as are desired, of the revision that is desired.
    fn run_tasks(&mut self, colour: Colour) {
        let service = self.world.service(colour);
        let desired = usize::try_from(service["desiredCount"].as_u64().unwrap()).unwrap();
        let definition = service["taskDefinition"].as_str().unwrap().to_owned();
        let mut running = self.running(colour);
        self.watches[colour as usize].runs = desired > 0;
        running.retain(|task| {
            let wanted = task.image == definition;
            if !wanted {
                task.stop();
            }
            wanted
        });
        for task in running.iter().skip(desired) {
            task.stop();
        }
        for _ in running.len()..desired {
            let build = self.build(&definition);
            let slot = self.free_slot(colour);
            let (task, life) = Task::start(slot, definition.clone(), build, Arc::clone(&self.balancer));
            self.shared.tasks.lock().unwrap().push(task);
            self.lives.push(life);
        }
    }

    fn running(&self, colour: Colour) -> Vec<Arc<Task>> {
        let tasks = self.shared.tasks.lock().unwrap();
        let runs = |task: &&Arc<Task>| task.slot.colour == colour && !task.is_stopped() && !task.has_ended();
        tasks.iter().filter(runs).cloned().collect()
    }

    fn build(&mut self, definition: &str) -> Build {
        if let Some(build) = self.definitions.get(definition) {
            return build.clone();
        }
        let said = self.world.api.ecs("DescribeTaskDefinition", &json!({"taskDefinition": definition}));
        let container = &said["taskDefinition"]["containerDefinitions"][1];
        let mut build = self.images[container["image"].as_str().unwrap()].clone();
        let variables = container["environment"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        build.variables.splice(0..0, variables.map(|one| (text(&one["name"]), text(&one["value"]))));
        self.definitions.insert(definition.to_owned(), build.clone());
        build
    }

    fn free_slot(&self, colour: Colour) -> Slot {
        let tasks = self.shared.tasks.lock().unwrap();
        let taken = |slot: &Slot| tasks.iter().any(|task| task.slot == *slot && !task.has_ended());
        let free = |slot: &Slot| !taken(slot) && !self.registered.contains(slot);
        (1..=SLOTS).map(|number| Slot { colour, number }).find(free).unwrap()
    }

    /// The target groups: a target is there as long as HAProxy's own checks of it pass.
    fn register_targets(&mut self, seen: &[Seen]) {
        let tasks = self.shared.tasks.lock().unwrap().clone();
        for Seen { slot, healthy, .. } in seen {
            let task = tasks.iter().rfind(|task| task.slot == *slot);
            let wanted = task.is_some_and(|task| !task.is_stopped());
            let serves = *healthy && wanted && task.is_some_and(|task| !task.has_ended());
            let known = self.registered.contains(slot);
            if serves && !known {
                self.world.register_target(slot.colour, slot.number);
                self.registered.push(*slot);
            } else if !serves && known {
                self.world.deregister_target(slot.colour, slot.number);
                self.registered.retain(|other| other != slot);
                self.watches[slot.colour as usize].lost |= wanted;
            }
        }
    }

    /// A listener: each group's share, spread over its targets. Says whether it changed.
    fn weigh(&mut self, frontend: Frontend, shares: [u32; 2]) -> bool {
        let mut weights = Vec::new();
        for colour in COLOURS {
            let targets: Vec<_> =
                self.registered.iter().copied().filter(|slot| slot.colour == colour).collect();
            let share = shares[colour as usize];
            weights.extend(
                targets.iter().map(|slot| (*slot, share * TASKS / u32::try_from(targets.len()).unwrap())),
            );
        }
        let changed = self.weights[frontend as usize] != weights;
        if changed {
            self.balancer.weigh(frontend, &weights);
            self.weights[frontend as usize] = weights;
        }
        changed
    }

    /// CloudWatch: three errors at least, which are more than 1 % of the colour's answers, or a task that was lost. An alarm stays
    /// until the colour is stopped.
    fn raise_alarms(&mut self, colour: Colour, seen: &[Seen]) {
        let watch = &mut self.watches[colour as usize];
        let (answers, errors) = totals(seen, colour);
        if !watch.runs {
            (watch.answers, watch.errors, watch.lost) = (answers, errors, false);
        }
        let (answers, errors) = (answers - watch.answers, errors - watch.errors);
        let loud = watch.lost || (errors >= 3 && errors * 100 > answers) || (watch.runs && watch.loud);
        if loud != watch.loud {
            watch.loud = loud;
            let state = if loud { "ALARM" } else { "OK" };
            self.world.set_alarm(&format!("{}-errors", colour.name()), state);
        }
    }
}

/// Answers and errors.
fn totals(seen: &[Seen], colour: Colour) -> (u64, u64) {
    let of = seen.iter().filter(|seen| seen.slot.colour == colour);
    of.fold((0, 0), |(answers, errors), seen| (answers + seen.answers, errors + seen.errors))
}
