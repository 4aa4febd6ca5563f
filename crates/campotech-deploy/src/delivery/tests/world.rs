//! A cloud in memory, in which something happens at the nth call.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cloud::{Alarms, Answer, CallError, Cloud, Definition, Listener, Service, Targets};
use crate::colour::{Colour, Weights};
use crate::stop::StopSender;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// This call is refused.
    Refused,
    /// No answer, and the change was made.
    TimedOutDone,
    /// No answer, and the change is not made.
    TimedOutNever,
    /// No answer, and the change is made three seconds after it was given up.
    TimedOutLate,
    /// No call works for this many seconds.
    Outage(u64),
    /// From now on.
    Alarm,
    Unhealthy,
    /// Tasks of green don't start.
    NoTasks,
    /// Tasks of an older revision are still there.
    TwoRevisions,
    GaveUp,
    WrongAnswers,
    /// Somebody asks to stop, while this call is under way.
    Stop,
    /// Somebody else gives everything back to blue.
    Meddled,
    /// Somebody else stops blue.
    OldStopped,
}

impl Event {
    /// All from which a delivery has a way back of its own.
    pub(super) const ALL: [Self; 13] = [
        Self::Refused,
        Self::TimedOutDone,
        Self::TimedOutNever,
        Self::TimedOutLate,
        Self::Outage(60),
        Self::Alarm,
        Self::Unhealthy,
        Self::NoTasks,
        Self::TwoRevisions,
        Self::GaveUp,
        Self::WrongAnswers,
        Self::Stop,
        Self::Meddled,
    ];
}

#[derive(Debug, Clone)]
enum Change {
    Weights(Listener, Weights),
    Start(Colour, String, u32),
    Scale(Colour, u32),
    Register,
}

#[derive(Debug, Clone)]
struct Run {
    definition: String,
    desired: u32,
}

/// Blue has all requests; green is idle.
#[derive(Debug)]
pub(super) struct World {
    production: Cell<Weights>,
    test: Cell<Weights>,
    blue: RefCell<Run>,
    green: RefCell<Run>,
    revision: Cell<u32>,
    events: Vec<(usize, Event)>,
    calls: RefCell<Vec<&'static str>>,
    away_until: Cell<Option<Instant>>,
    late: RefCell<Vec<(Instant, Change)>>,
    alarm: Cell<bool>,
    unhealthy: Cell<bool>,
    no_tasks: Cell<bool>,
    two_revisions: Cell<bool>,
    gave_up: Cell<bool>,
    wrong: Cell<bool>,
    stop: StopSender,
    /// Somebody gave the requests back to blue at the very moment in which it was stopped: no call does both at once.
    pub(super) raced: Cell<bool>,
    /// Requests that went to a colour without tasks.
    pub(super) lost_requests: RefCell<Vec<String>>,
}

const CALL: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_secs(30);
const LATE: Duration = Duration::from_secs(3);

impl World {
    pub(super) fn new(events: &[(usize, Event)], stop: StopSender) -> Self {
        let run = |desired| RefCell::new(Run { definition: "f:1".to_owned(), desired });
        Self {
            production: Cell::new(Weights::all(Colour::Blue)),
            test: Cell::new(Weights::all(Colour::Green)),
            blue: run(3),
            green: run(0),
            revision: Cell::new(1),
            events: events.to_vec(),
            calls: RefCell::default(),
            away_until: Cell::new(None),
            late: RefCell::default(),
            alarm: Cell::new(false),
            unhealthy: Cell::new(false),
            no_tasks: Cell::new(false),
            two_revisions: Cell::new(false),
            gave_up: Cell::new(false),
            wrong: Cell::new(false),
            stop,
            raced: Cell::new(false),
            lost_requests: RefCell::default(),
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.borrow().len()
    }

    pub(super) fn call_at(&self, number: usize) -> &'static str {
        self.calls.borrow()[number]
    }

    /// The numbers of the first and the last call of that name.
    pub(super) fn calls_of(&self, name: &str) -> (usize, usize) {
        let calls = self.calls.borrow();
        let is = |call: &&'static str| *call == name;
        (calls.iter().position(&is).unwrap(), calls.iter().rposition(is).unwrap())
    }

    pub(super) fn production(&self) -> Weights {
        self.production.get()
    }

    pub(super) fn test(&self) -> Weights {
        self.test.get()
    }

    pub(super) fn desired(&self, colour: Colour) -> u32 {
        self.run(colour).borrow().desired
    }

    pub(super) fn runs(&self, colour: Colour) -> String {
        self.run(colour).borrow().definition.clone()
    }

    /// Whatever is still on its way arrives.
    pub(super) async fn settle(&self) {
        sleep(LATE * 2).await;
        self.land();
    }

    fn run(&self, colour: Colour) -> &RefCell<Run> {
        match colour {
            Colour::Blue => &self.blue,
            Colour::Green => &self.green,
        }
    }

    fn apply(&self, change: &Change) {
        match change {
            Change::Weights(Listener::Production, weights) => self.production.set(*weights),
            Change::Weights(Listener::Test, weights) => self.test.set(*weights),
            Change::Start(colour, definition, count) => {
                *self.run(*colour).borrow_mut() = Run { definition: definition.clone(), desired: *count };
            }
            Change::Scale(colour, count) => self.run(*colour).borrow_mut().desired = *count,
            Change::Register => self.revision.set(self.revision.get() + 1),
        }
        for colour in Colour::BOTH {
            if self.production().of(colour) > 0 && self.desired(colour) == 0 {
                self.lost_requests.borrow_mut().push(format!("{change:?}"));
            }
        }
    }

    fn land(&self) {
        let now = Instant::now();
        let due: Vec<_> = self.late.borrow_mut().extract_if(.., |(at, _)| *at <= now).collect();
        for (_, change) in due {
            self.apply(&change);
        }
    }

    async fn call(&self, call: &'static str, change: Option<Change>) -> Result<(), CallError> {
        let number = self.calls();
        self.calls.borrow_mut().push(call);
        let mut end = Ok(());
        let (mut done, mut slow) = (true, false);
        let refused = || Err(CallError::Refused { call: call.to_owned(), why: "no".to_owned() });
        let timed_out = || Err(CallError::TimedOut { call: call.to_owned(), within: DEADLINE });
        self.land();
        if self.away_until.get().is_some_and(|until| Instant::now() < until) {
            (done, end) = (false, refused());
        }
        for (_, event) in self.events.iter().filter(|(at, _)| *at == number) {
            match event {
                Event::Refused => (done, end) = (false, refused()),
                Event::TimedOutDone => (slow, end) = (true, timed_out()),
                Event::TimedOutNever => (slow, done, end) = (true, false, timed_out()),
                Event::TimedOutLate => {
                    (slow, done, end) = (true, false, timed_out());
                    let at = Instant::now() + DEADLINE + LATE;
                    self.late.borrow_mut().extend(change.clone().map(|change| (at, change)));
                }
                Event::Outage(seconds) => {
                    self.away_until.set(Some(Instant::now() + Duration::from_secs(*seconds)));
                    (done, end) = (false, refused());
                }
                Event::Alarm => self.alarm.set(true),
                Event::Unhealthy => self.unhealthy.set(true),
                Event::NoTasks => self.no_tasks.set(true),
                Event::TwoRevisions => self.two_revisions.set(true),
                Event::OldStopped => self.blue.borrow_mut().desired = 0,
                Event::GaveUp => self.gave_up.set(true),
                Event::WrongAnswers => self.wrong.set(true),
                Event::Stop => self.stop.ask("SIGTERM"),
                Event::Meddled => {
                    self.raced.set(matches!(change, Some(Change::Scale(Colour::Blue, _))));
                    self.apply(&Change::Weights(Listener::Production, Weights::all(Colour::Blue)));
                }
            }
        }
        if done && let Some(change) = &change {
            self.apply(change);
        }
        sleep(if slow { DEADLINE } else { CALL }).await;
        end
    }
}

impl Cloud for World {
    async fn weights(&self, listener: Listener) -> Result<Weights, CallError> {
        self.call("weights", None).await?;
        Ok(match listener {
            Listener::Production => self.production(),
            Listener::Test => self.test(),
        })
    }

    async fn set_weights(&self, listener: Listener, weights: Weights) -> Result<(), CallError> {
        self.call("set_weights", Some(Change::Weights(listener, weights))).await
    }

    async fn newest_definition(&self) -> Result<Definition, CallError> {
        self.definition("f:1").await
    }

    async fn definition(&self, arn: &str) -> Result<Definition, CallError> {
        self.call("definition", None).await?;
        Ok(Definition { arn: arn.to_owned(), content: json!({}) })
    }

    async fn register(&self, _: &Value) -> Result<String, CallError> {
        self.call("register", Some(Change::Register)).await?;
        Ok(format!("f:{}", self.revision.get()))
    }

    async fn service(&self, colour: Colour) -> Result<Service, CallError> {
        self.call("service", None).await?;
        let Run { definition, desired } = self.run(colour).borrow().clone();
        let green = colour == Colour::Green;
        let running = if green && self.no_tasks.get() { 0 } else { desired };
        let deployments = if green && self.two_revisions.get() { 2 } else { 1 };
        let gave_up = green && self.gave_up.get();
        Ok(Service { definition, desired, running, pending: 0, deployments, gave_up })
    }

    async fn start(&self, colour: Colour, definition: &str, count: u32) -> Result<(), CallError> {
        self.call("start", Some(Change::Start(colour, definition.to_owned(), count))).await
    }

    async fn scale(&self, colour: Colour, count: u32) -> Result<(), CallError> {
        self.call("scale", Some(Change::Scale(colour, count))).await
    }

    async fn targets(&self, colour: Colour) -> Result<Targets, CallError> {
        self.call("targets", None).await?;
        let (all, ill) = (self.desired(colour), colour == Colour::Green && self.unhealthy.get());
        Ok(if ill { Targets { healthy: 0, others: all } } else { Targets { healthy: all, others: 0 } })
    }

    async fn alarms(&self, colour: Colour) -> Result<Alarms, CallError> {
        self.call("alarms", None).await?;
        let loud = if self.alarm.get() { vec![format!("{colour}-errors")] } else { Vec::new() };
        Ok(Alarms { loud, missing: Vec::new() })
    }

    async fn ask(&self, listener: Listener, path: &str) -> Result<Answer, String> {
        self.call(if listener == Listener::Test { "ask" } else { "ask as clients" }, None)
            .await
            .map_err(|why| why.to_string())?;
        let right = if path.starts_with("/api") { 401 } else { 200 };
        Ok(Answer { status: if self.wrong.get() { 500 } else { right }, body: String::new() })
    }

    fn by_hand(&self, _: Colour, _: u32) -> Vec<String> {
        Vec::new()
    }
}
