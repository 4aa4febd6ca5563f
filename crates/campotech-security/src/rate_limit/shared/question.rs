//! One decision, asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrayvec::ArrayVec;
use campotech_core::Mode;
use pin_project_lite::pin_project;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::rate_limit::claim::{Claim, Claims};
use crate::rate_limit::key::KeyValue;
use crate::rate_limit::tier::{Ask, ReadyTier};
use crate::rate_limit::{Algorithm, Quota, Standing};

/// May a request pass its tiers? One, or up to four where they have second ones and its path has two readings.
///
/// All of them are decided at once: none counts a request that another one refuses, unless that one only reports.
/// Dropped without an answer, the layer decides by itself at once. Some ask for nothing: they
/// [give back](Self::gives_back) what was counted.
pub struct Question {
    tiers: ArrayVec<About, MOST>,
    most: u32,
    deadline: Instant,
    /// `None` where something is given back.
    answer: Option<oneshot::Sender<Told>>,
}

/// One tier of a question.
#[derive(Debug)]
struct About {
    tier: Arc<ReadyTier>,
    ask: Ask,
    owed: u32,
    mark: u64,
}

/// What a store needs to know of a tier.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SharedTier<'q> {
    /// Its name.
    pub name: &'q str,
    /// Whose request it is.
    pub key: KeyValue,
    /// The quota of the key's plan.
    pub quota: Quota,
    /// How the quota is kept.
    pub algorithm: Algorithm,
    /// Whether what it refuses is refused.
    pub mode: Mode,
    /// How much the request counts.
    pub cost: u32,
    /// How much may be taken at once where there is so much: what the request doesn't need is for those after it. At least
    /// `cost`, and more than that in the only tier of a question.
    pub most: u32,
    /// How much this replica has let pass while the store was away: it counts, whatever becomes of the request.
    pub owed: u32,
    /// Of what is given back: the mark of the answer that counted it.
    pub mark: u64,
}

/// A tier's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Where the key stands.
    pub standing: Standing,
    /// How much was taken, where it was allowed: from `cost` to `most`.
    pub count: u32,
    /// Whatever the store wants to know again when that is given back, such as the time.
    pub mark: u64,
}

/// The tiers' answers, in their order.
#[derive(Debug)]
pub(in crate::rate_limit) struct Told {
    answers: ArrayVec<Taken, MOST>,
    /// How much the first was asked for.
    pub(in crate::rate_limit) most: u32,
}

pin_project! {
    /// The answer to a question, within its deadline.
    pub(in crate::rate_limit) struct Asked {
        answer: oneshot::Receiver<Told>,
        #[pin]
        deadline: Sleep,
    }
}

/// Two readings of a path, a first and a second tier for each.
pub(in crate::rate_limit) const MOST: usize = 4;

impl Question {
    pub(super) fn new(claims: &Claims, most: u32, deadline: Instant) -> (Self, Asked) {
        let (answer, answered) = oneshot::channel();
        let shared = claims.iter().filter(|claim| claim.is_open_to_store());
        let tiers = shared.take(MOST).map(About::of).collect();
        let question = Self { tiers, most, deadline, answer: Some(answer) };
        (question, Asked { answer: answered, deadline: sleep_until(deadline) })
    }

    pub(super) fn giving_back(claim: &Claim, mark: u64, deadline: Instant) -> Self {
        let tiers = [About { owed: 0, mark, ..About::of(claim) }].into_iter().collect();
        Self { tiers, most: claim.ask.cost, deadline, answer: None }
    }

    /// The tiers that must all admit it.
    pub fn tiers(&self) -> impl Iterator<Item = SharedTier<'_>> {
        self.tiers.iter().enumerate().map(|(at, About { tier, ask, owed, mark })| SharedTier {
            name: &tier.name,
            key: ask.key,
            quota: tier.quota(ask.plan),
            algorithm: tier.algorithm,
            mode: tier.mode,
            cost: ask.cost,
            most: if at == 0 { self.most } else { ask.cost },
            owed: *owed,
            mark: *mark,
        })
    }

    /// Whether nothing is asked: the `cost` of its one tier was counted, and does not count.
    #[must_use]
    pub const fn gives_back(&self) -> bool {
        self.answer.is_none()
    }

    /// When nobody waits for the answer any more.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether nobody waits already: don't ask the store, which would count it.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.answer.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// Answers with the standings of the [tiers](Self::tiers), in their order.
    ///
    /// `allowed` says what the tier by itself found, `remaining` and `wait` what is left after the decision. With
    /// fewer standings than tiers it is no answer.
    pub fn answer(self, standings: impl IntoIterator<Item = Standing>) {
        let costs: ArrayVec<u32, MOST> = self.tiers.iter().map(|about| about.ask.cost).collect();
        let taken = |(standing, count)| Taken { standing, count, mark: 0 };
        self.answer_taken(standings.into_iter().zip(costs).map(taken));
    }

    /// As [`answer`](Self::answer), and says how much was taken of each tier.
    pub fn answer_taken(self, taken: impl IntoIterator<Item = Taken>) {
        let answers: ArrayVec<_, MOST> = taken.into_iter().take(self.tiers.len()).collect();
        if let Some(answer) = self.answer.filter(|_| answers.len() == self.tiers.len()) {
            // Whoever asked may have gone.
            let _ = answer.send(Told { answers, most: self.most });
        }
    }
}

impl About {
    fn of(claim: &Claim) -> Self {
        Self { tier: Arc::clone(&claim.tier), ask: claim.ask, owed: claim.owed, mark: 0 }
    }
}

impl Told {
    /// The claims that were asked about, with their answers.
    pub(in crate::rate_limit) fn of<'c>(
        &self,
        claims: &'c mut Claims,
    ) -> impl Iterator<Item = (&'c mut Claim, Taken)> + use<'c, '_> {
        claims.iter_mut().filter(|claim| claim.asked).zip(self.answers.iter().copied())
    }
}

// Without the keys, which may be personal.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}

impl Future for Asked {
    type Output = Option<Told>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        let this = self.project();
        if let Poll::Ready(answer) = Pin::new(this.answer).poll(cx) {
            return Poll::Ready(answer.ok());
        }
        this.deadline.poll(cx).map(|()| None)
    }
}
