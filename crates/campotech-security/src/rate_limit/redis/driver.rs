//! The task that takes questions to Redis.

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::time::Duration;

use arrayvec::ArrayVec;
use fred::clients::WithOptions;
use fred::interfaces::ClientLike;
use fred::types::Value;
use fred::types::config::Options;
use fred::util::static_str;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::fault::Failure;
use super::script::{BEAT, Call, DECIDE, GIVE_BACK, Script};
use crate::rate_limit::shared::{Question, Questions, SharedTier, Sharing, StoreFault, Taken};
use crate::rate_limit::{Algorithm, Standing};

/// Tiers of a question.
const MOST_TIERS: usize = 4;
/// Questions under way; more wait in the port.
const MOST_IN_FLIGHT: usize = 1_024;
/// Between two beats.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// Without a beat for so long, a replica does not count.
const REPLICA_LIFE: Duration = Duration::from_secs(15);
/// After a beat that failed.
const BEAT_AGAIN: Duration = Duration::from_millis(500);
/// Where a question fails so soon after the server was back, the beat doesn't see what is wrong, such as one dead node
/// of a cluster: then the layers decide for a while, so that not every request has to wait.
const RELAPSE_WITHIN: Duration = Duration::from_secs(5);
const RELAPSE_REST: Duration = Duration::from_secs(1);
/// So long a client may take to connect when all starts; until then the layers decide, and nothing is amiss.
const CONNECTING: Duration = Duration::from_secs(1);
/// How often it is looked at meanwhile.
const CONNECTED_YET: Duration = Duration::from_millis(10);
/// So long an answer to a beat may still come. It bounds what piles up in the client of a silent server.
const BEAT_PATIENCE: Duration = Duration::from_secs(10);

/// The client, once for each kind of call, and what it calls.
struct Store<C: ClientLike> {
    quick: WithOptions<C>,
    patient: WithOptions<C>,
    decide: Script,
    give_back: Script,
    beat: Script,
    prefix: String,
    replica: String,
    patience: Duration,
}

enum Task {
    /// A call for each key of the question, in its order: what is in one call is decided at once.
    Decide {
        ticket: u64,
        calls: Calls,
    },
    GiveBack {
        ticket: u64,
        call: Call,
    },
    Beat,
}

/// The tiers of one key, and how to take back what each of them counted.
struct OfKey {
    call: Call,
    tiers: usize,
    /// Where there are other keys, which may refuse.
    back: Vec<Back>,
    enforces: ArrayVec<bool, MOST_TIERS>,
}

/// What it takes to take back what one tier counted, but for the time.
struct Back {
    key: String,
    args: [Value; 3],
}

type Calls = Vec<OfKey>;

enum Done {
    Decided {
        ticket: u64,
        answer: Result<Answers, Failure>,
    },
    /// How many replicas are alive.
    Beat {
        since: Instant,
        answer: Result<u32, Failure>,
    },
}

type Answers = ArrayVec<Taken, MOST_TIERS>;

/// What the driver knows between two events.
struct Driver<'t> {
    questions: Questions,
    pending: HashMap<u64, Question>,
    tickets: u64,
    /// When to beat; while a beat is under way, when it is late.
    timer: Pin<&'t mut Sleep>,
    beating: bool,
    connecting: bool,
    away: bool,
    /// When it was back from the last failure.
    back: Option<Instant>,
}

/// Runs until no layer is left.
///
/// A beat keeps this replica counted, and is the trial of a server that failed: it writes as a decision does, and no
/// request waits for it. So while the server is away nothing but one beat at a time goes to it.
pub(super) async fn drive<C>(client: C, prefix: String, patience: Duration, questions: Questions)
where
    C: ClientLike + 'static,
{
    let store = Store::new(&client, prefix, patience);
    let mut under_way = FuturesUnordered::new();
    let began = Instant::now();
    let timer = pin!(sleep_until(began));
    let mut driver = Driver {
        questions,
        pending: HashMap::new(),
        tickets: 0,
        timer,
        beating: false,
        connecting: !client.is_connected(),
        away: false,
        back: None,
    };
    loop {
        tokio::select! {
            biased;
            Some(done) = under_way.next(), if !under_way.is_empty() => match done {
                Done::Decided { ticket, answer } => driver.decided(ticket, answer),
                Done::Beat { since, answer } => driver.beaten(since.elapsed() > patience, answer),
            },
            () = driver.timer.as_mut() => {
                driver.connecting &= !client.is_connected() && began.elapsed() < CONNECTING;
                if driver.connecting {
                    driver.rest_until(Instant::now() + CONNECTED_YET);
                } else if driver.beating {
                    // It may still be answered, but by then requests would have waited too long.
                    driver.leave(StoreFault::Timeout);
                    driver.rest_until(Instant::now() + 2 * BEAT_PATIENCE);
                } else {
                    driver.beating = true;
                    driver.rest_until(Instant::now() + patience);
                    under_way.push(store.run(Task::Beat));
                }
            }
            question = driver.questions.recv(), if under_way.len() < MOST_IN_FLIGHT => match question {
                None => return,
                Some(question) if driver.connecting || driver.away || question.is_abandoned() => {}
                Some(question) => {
                    let task = store.task(&question, driver.tickets + 1);
                    driver.admit(question);
                    under_way.push(store.run(task));
                }
            },
        }
    }
}

impl Driver<'_> {
    fn admit(&mut self, question: Question) {
        self.tickets += 1;
        self.pending.insert(self.tickets, question);
    }

    fn decided(&mut self, ticket: u64, answer: Result<Answers, Failure>) {
        // A question of before the last failure tells nothing about now.
        let Some(question) = self.pending.remove(&ticket) else { return };
        match answer {
            Ok(answers) => question.answer_taken(answers),
            Err(Failure::Key) => {}
            Err(Failure::Store(fault)) => {
                self.leave(fault);
                if !self.beating {
                    let relapse = self.back.is_some_and(|back| back.elapsed() < RELAPSE_WITHIN);
                    self.rest_until(Instant::now() + if relapse { RELAPSE_REST } else { Duration::ZERO });
                }
            }
        }
    }

    fn beaten(&mut self, late: bool, answer: Result<u32, Failure>) {
        self.beating = false;
        let now = Instant::now();
        if let Ok(replicas) = answer {
            self.questions.set_replicas(replicas);
        }
        match answer {
            // It is back, perhaps: the next beat tells whether it is quick.
            Ok(_) | Err(Failure::Key) if late => self.rest_until(now),
            Ok(_) | Err(Failure::Key) => {
                if self.away {
                    self.away = false;
                    self.back = Some(now);
                }
                self.questions.set(Sharing::Shared);
                self.rest_until(now + BEAT_EVERY);
            }
            Err(Failure::Store(fault)) => {
                self.leave(fault);
                self.rest_until(now + BEAT_AGAIN);
            }
        }
    }

    /// Lets the layers decide by themselves, also what they have asked already.
    fn leave(&mut self, fault: StoreFault) {
        self.away = true;
        self.questions.set(Sharing::Away(fault));
        self.pending.clear();
    }

    fn rest_until(&mut self, when: Instant) {
        self.timer.as_mut().reset(when);
    }
}

impl<C: ClientLike> Store<C> {
    fn new(client: &C, prefix: String, patience: Duration) -> Self {
        // Never a second attempt: the first may have been counted.
        let options = |timeout| Options {
            max_attempts: Some(1),
            fail_fast: true,
            timeout: Some(timeout),
            ..Options::default()
        };
        Self {
            quick: client.with_options(&options(patience)),
            patient: client.with_options(&options(BEAT_PATIENCE)),
            decide: Script::new(DECIDE),
            give_back: Script::new(GIVE_BACK),
            beat: Script::new(BEAT),
            prefix,
            replica: format!("{:016x}", rand::random::<u64>()),
            patience,
        }
    }

    async fn run(&self, task: Task) -> Done {
        match task {
            Task::Decide { ticket, calls } => Done::Decided { ticket, answer: self.decide(&calls).await },
            Task::GiveBack { ticket, call } => {
                let answer = within(2 * self.patience, self.give_back.call(&self.quick, &call)).await;
                Done::Decided { ticket, answer: answer.map(|_: i64| Answers::new()) }
            }
            Task::Beat => {
                let since = Instant::now();
                let life = i64::try_from(REPLICA_LIFE.as_micros()).unwrap_or(i64::MAX);
                let key = format!("{}:replicas", self.prefix);
                let call = Call::new([key], [self.replica.clone().into(), life.into()]);
                let answer = within(2 * BEAT_PATIENCE, self.beat.call(&self.patient, &call)).await;
                Done::Beat { since, answer }
            }
        }
    }

    /// Asks key by key; where one refuses, those before it take back what they counted.
    async fn decide(&self, calls: &[OfKey]) -> Result<Answers, Failure> {
        let mut answers = Answers::new();
        for (at, of) in calls.iter().enumerate() {
            // fred knows the timeout and doesn't send what is late; this one is for a fred that forgot.
            let numbers: Vec<i64> =
                within(2 * self.patience, self.decide.call(&self.quick, &of.call)).await?;
            let told = told(&numbers, of.tiers)?;
            let refused =
                told.iter().zip(&of.enforces).any(|(taken, enforces)| !taken.standing.allowed && *enforces);
            answers.extend(told);
            if refused && calls.len() > 1 {
                let counted = calls[..at].iter().flat_map(|of| &of.back).zip(&answers);
                for (back, taken) in counted.filter(|(_, taken)| taken.count > 0) {
                    let call = back.call(taken.mark);
                    let _: i64 = within(2 * self.patience, self.give_back.call(&self.quick, &call)).await?;
                }
                // Nobody asks those after it: they count nothing, and what they would say nobody hears.
                let unasked = calls[at + 1..].iter().map(|of| of.tiers).sum::<usize>();
                let unasked = std::iter::repeat_n(Standing::new(true, 0, Duration::ZERO), unasked);
                answers.extend(unasked.map(|standing| Taken { standing, count: 0, mark: 0 }));
                break;
            }
        }
        Ok(answers)
    }

    fn task(&self, question: &Question, ticket: u64) -> Task {
        if question.gives_back() {
            let call = question.tiers().map(|tier| self.back(&tier).call(tier.mark)).next();
            if let Some(call) = call {
                return Task::GiveBack { ticket, call };
            }
        }
        let tiers: ArrayVec<SharedTier<'_>, MOST_TIERS> = question.tiers().collect();
        let several = tiers.iter().any(|tier| tier.key != tiers[0].key);
        let of_key = |of: &[SharedTier<'_>]| OfKey {
            call: Call::new(of.iter().map(|tier| self.key(tier)), of.iter().flat_map(arguments)),
            tiers: of.len(),
            back: of.iter().filter(|_| several).map(|tier| self.back(tier)).collect(),
            enforces: of.iter().map(|tier| tier.mode.enforces()).collect(),
        };
        // Tiers of one key follow each other.
        let calls = tiers.chunk_by(|one, next| one.key == next.key).map(of_key).collect();
        Task::Decide { ticket, calls }
    }

    fn back(&self, tier: &SharedTier<'_>) -> Back {
        let [algorithm, _, time, ..] = arguments(tier);
        Back { key: self.key(tier), args: [algorithm, time, tier.cost.into()] }
    }

    fn key(&self, tier: &SharedTier<'_>) -> String {
        format!("{}:{{{}}}:{}", self.prefix, tier.key, tier.name)
    }
}

async fn within<T>(
    time: Duration,
    call: impl Future<Output = Result<T, fred::error::Error>>,
) -> Result<T, Failure> {
    match timeout(time, call).await {
        Ok(answer) => answer.map_err(Failure::from),
        Err(_) => Err(Failure::Store(StoreFault::Timeout)),
    }
}

/// What the script asks of a tier. Times are whole microseconds, rounded up, so that rounding never admits more.
fn arguments(tier: &SharedTier<'_>) -> [Value; 7] {
    let window = tier.quota.window().as_micros();
    let (algorithm, time) = match tier.algorithm {
        Algorithm::SlidingLog => ("log", window),
        Algorithm::Gcra | Algorithm::InFlight => ("gcra", window.div_ceil(u128::from(tier.quota.limit()))),
    };
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    [
        static_str(algorithm).into(),
        tier.quota.limit().into(),
        time.into(),
        i64::from(tier.mode.enforces()).into(),
        tier.cost.into(),
        tier.most.into(),
        tier.owed.into(),
    ]
}

impl Back {
    fn call(&self, mark: u64) -> Call {
        let mark = i64::try_from(mark).unwrap_or(i64::MAX);
        Call::new([self.key.clone()], self.args.iter().cloned().chain([mark.into()]))
    }
}

fn told(numbers: &[i64], tiers: usize) -> Result<Answers, Failure> {
    let taken = |told: &[i64; 5]| {
        let (remaining, wait) = (u32::try_from(told[1]).ok()?, u64::try_from(told[2]).ok()?);
        let standing = Standing::new(told[0] == 1, remaining, Duration::from_micros(wait));
        Some(Taken { standing, count: u32::try_from(told[3]).ok()?, mark: u64::try_from(told[4]).ok()? })
    };
    let (chunks, rest) = numbers.as_chunks::<5>();
    let answers = chunks.iter().take(MOST_TIERS).map(taken).collect::<Option<Answers>>();
    let whole = rest.is_empty() && chunks.len() == tiers;
    answers.filter(|_| whole).ok_or(Failure::Store(StoreFault::Unexpected))
}
