//! Answers that were given a moment ago, given again.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::time::Instant;

use super::accept::Format;
use super::render::Rendered;
use crate::state::{Scope, Shared};

/// How long an answer is given again while nothing changes; what it says of ages is off by no more.
const LIFE: Duration = Duration::from_millis(100);

/// One place for each thing that can be asked for, in each form. Nobody waits: who finds a place empty or out of date makes
/// the answer himself.
#[derive(Debug)]
pub(super) struct Cache(Box<[ArcSwapOption<Kept>]>);

/// What an answer is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    Service,
    Component(usize),
    Group(usize),
}

#[derive(Debug)]
struct Kept {
    generation: u64,
    until: Instant,
    rendered: Rendered,
}

impl Cache {
    pub(super) fn of(shared: &Shared) -> Self {
        let subjects = 1 + shared.plan.components.len() + shared.plan.groups.len();
        Self((0..subjects * Format::ALL.len() * 2).map(|_| ArcSwapOption::empty()).collect())
    }

    pub(super) fn get(
        &self,
        shared: &Shared,
        subject: Subject,
        scope: Scope,
        format: Format,
        render: impl FnOnce() -> Rendered,
    ) -> Rendered {
        let subject = match subject {
            Subject::Service => 0,
            Subject::Component(index) => 1 + index,
            Subject::Group(index) => 1 + shared.plan.components.len() + index,
        };
        let place = &self.0[(subject * Format::ALL.len() + format as usize) * 2 + scope as usize];
        // Read before what is rendered, so that an answer is never taken for newer than it is.
        let (generation, now) = (shared.generation(), Instant::now());
        if let Some(kept) = &*place.load()
            && kept.generation == generation
            && now < kept.until
        {
            return kept.rendered.clone();
        }
        let rendered = render();
        let until = shared.fresh_until(now).map_or(now + LIFE, |stale| stale.min(now + LIFE));
        place.store(Some(Arc::new(Kept { generation, until, rendered: rendered.clone() })));
        rendered
    }
}
