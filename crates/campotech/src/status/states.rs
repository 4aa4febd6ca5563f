//! States of the service and of its components: which there were in the last hour, and when they changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use campotech_health::{ComponentStatus, Snapshot};

use super::hour::{POINTS, keep};

const CHANGES: usize = 50;

/// A byte for each component and point, and the last 50 changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct States {
    /// The service first, then its components.
    pub(crate) tracks: Vec<Track>,
    /// The oldest first.
    pub(crate) changes: VecDeque<Change>,
}

/// The states of one of them at the points of the hour.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) name: Arc<str>,
    now: ComponentStatus,
    hour: VecDeque<ComponentStatus>,
}

/// One that was in one state, and then in another.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: SystemTime,
    pub(crate) name: Arc<str>,
    pub(crate) from: ComponentStatus,
    pub(crate) to: ComponentStatus,
    pub(crate) reason: &'static str,
}

/// So many points in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) state: ComponentStatus,
    pub(crate) start: usize,
    pub(crate) points: usize,
}

impl States {
    pub(crate) fn look(&mut self, snapshot: &Snapshot) {
        self.notice(&snapshot.service, snapshot.status, snapshot.phase.as_str());
        for component in &snapshot.components {
            self.notice(&component.name, component.status, component.reason.as_str());
        }
    }

    /// Marks the states of now in the hour.
    pub(crate) fn mark(&mut self) {
        for track in &mut self.tracks {
            keep(&mut track.hour, POINTS, track.now);
        }
    }

    fn notice(&mut self, name: &Arc<str>, to: ComponentStatus, reason: &'static str) {
        let Some(track) = self.tracks.iter_mut().find(|track| track.name == *name) else {
            let hour = VecDeque::with_capacity(POINTS);
            self.tracks.push(Track { name: Arc::clone(name), now: to, hour });
            return;
        };
        let from = std::mem::replace(&mut track.now, to);
        if from != to {
            let change = Change { at: SystemTime::now(), name: Arc::clone(name), from, to, reason };
            keep(&mut self.changes, CHANGES, change);
        }
    }
}

impl Track {
    /// Points, of which each is in one run.
    pub(crate) fn points(&self) -> usize {
        self.hour.len()
    }

    /// The oldest first.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (start, state) in self.hour.iter().copied().enumerate() {
            match runs.last_mut() {
                Some(run) if run.state == state => run.points += 1,
                _ => runs.push(Run { state, start, points: 1 }),
            }
        }
        runs
    }

    /// The share of points in each state that there was, the best first.
    pub(crate) fn shares(&self) -> Vec<(ComponentStatus, f64)> {
        use ComponentStatus::{Degraded, Healthy, Unhealthy, Unknown};
        let share = |state| {
            let points = self.hour.iter().filter(|there| **there == state).count();
            #[expect(clippy::cast_precision_loss, reason = "points of an hour")]
            let share = points as f64 / self.hour.len() as f64;
            (points > 0).then_some((state, share))
        };
        [Healthy, Degraded, Unhealthy, Unknown].into_iter().filter_map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use ComponentStatus::{Healthy, Unhealthy, Unknown};

    use super::*;

    #[test]
    fn changes_are_noticed_once_bounded_and_the_first_state_is_none() {
        let (mut states, redis) = (States::default(), Arc::from("redis"));
        states.notice(&redis, Healthy, "ok");
        states.notice(&redis, Healthy, "ok");
        assert!(states.changes.is_empty());
        for _ in 0..100 {
            states.notice(&redis, Unhealthy, "timeout");
            states.notice(&redis, Healthy, "ok");
        }
        assert_eq!((states.tracks.len(), states.changes.len()), (1, CHANGES));
        let last = states.changes.back().unwrap();
        assert_eq!((last.from, last.to, last.reason), (Unhealthy, Healthy, "ok"));
    }

    #[test]
    fn an_hour_is_bounded_and_told_in_runs_and_shares() {
        let (mut states, redis) = (States::default(), Arc::from("redis"));
        for (state, points) in
            [(Unknown, 7), (Healthy, POINTS / 2), (Unhealthy, POINTS / 4), (Healthy, POINTS / 4)]
        {
            states.notice(&redis, state, "ok");
            (0..points).for_each(|_| states.mark());
        }
        let track = &states.tracks[0];
        let run = |state, start, points| Run { state, start, points };
        assert_eq!(track.points(), POINTS);
        assert_eq!(
            track.runs(),
            [
                run(Healthy, 0, POINTS / 2),
                run(Unhealthy, POINTS / 2, POINTS / 4),
                run(Healthy, POINTS * 3 / 4, POINTS / 4)
            ]
        );
        assert_eq!(track.shares(), [(Healthy, 0.75), (Unhealthy, 0.25)]);
    }
}
