//! One decision, asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{ClientNetwork, Mode};
use pin_project_lite::pin_project;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::rate_limit::layer::{Standings, TiersOf};
use crate::rate_limit::tier::ReadyTier;
use crate::rate_limit::{Algorithm, Quota, Standing};

/// May this client's request pass its tiers? One, or two where its path has two readings.
///
/// All of them are decided at once: none counts a request that another one refuses, unless that one only reports.
/// Dropped without an answer, the layer decides by itself at once.
pub struct Question {
    client: ClientNetwork,
    tiers: [Option<Arc<ReadyTier>>; 2],
    deadline: Instant,
    answer: oneshot::Sender<Standings>,
}

/// What a store needs to know of a tier.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SharedTier<'q> {
    /// Its name.
    pub name: &'q str,
    /// Its quota.
    pub quota: Quota,
    /// How the quota is kept.
    pub algorithm: Algorithm,
    /// Whether what it refuses is refused.
    pub mode: Mode,
}

pin_project! {
    /// The answer to a question, within its deadline.
    pub(in crate::rate_limit) struct Asked {
        answer: oneshot::Receiver<Standings>,
        #[pin]
        deadline: Sleep,
    }
}

impl Question {
    pub(super) fn new(client: ClientNetwork, tiers: &TiersOf<'_>, deadline: Instant) -> (Self, Asked) {
        let (answer, answered) = oneshot::channel();
        let question = Self { client, tiers: tiers.map(Option::<&_>::cloned), deadline, answer };
        (question, Asked { answer: answered, deadline: sleep_until(deadline) })
    }

    /// Whose request it is.
    #[must_use]
    pub const fn client(&self) -> ClientNetwork {
        self.client
    }

    /// The tiers that must all admit it.
    pub fn tiers(&self) -> impl Iterator<Item = SharedTier<'_>> {
        self.tiers.iter().flatten().map(|tier| SharedTier {
            name: &tier.name,
            quota: tier.quota,
            algorithm: tier.algorithm,
            mode: tier.mode,
        })
    }

    /// When nobody waits for the answer any more.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether nobody waits already: don't ask the store, which would count it.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// Answers with the standings of the [tiers](Self::tiers), in their order.
    ///
    /// `allowed` says what the tier by itself found, `remaining` and `wait` what is left after the decision. With
    /// fewer standings than tiers it is no answer.
    pub fn answer(self, standings: impl IntoIterator<Item = Standing>) {
        let mut standings = standings.into_iter();
        let told = self.tiers.each_ref().map(|tier| tier.as_ref().and_then(|_| standings.next()));
        if self.tiers.iter().zip(&told).all(|(tier, standing)| tier.is_some() == standing.is_some()) {
            // Whoever asked may have gone.
            let _ = self.answer.send(told);
        }
    }
}

// Without the client, which may be personal.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}

impl Future for Asked {
    type Output = Option<Standings>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Standings>> {
        let this = self.project();
        if let Poll::Ready(answer) = Pin::new(this.answer).poll(cx) {
            return Poll::Ready(answer.ok());
        }
        this.deadline.poll(cx).map(|()| None)
    }
}
