//! States of the service and of its components: which there were in the last hour, and when they changed.

use std::collections::VecDeque;
use std::sync::Arc;

use campotech_health::{ComponentStatus, Snapshot};
use tokio::time::Instant;

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

/// The states of one of them, the worst of each point of the hour.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    of: Subject,
    pub(crate) name: Arc<str>,
    now: ComponentStatus,
    /// Since the last mark.
    worst: ComponentStatus,
    hour: VecDeque<ComponentStatus>,
}

/// A component may have the name of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Service,
    Component,
}

/// One that was in one state, and then in another.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: Instant,
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
    pub(crate) fn look(&mut self, snapshot: &Snapshot, at: Instant) {
        let phase = snapshot.phase.as_str();
        self.notice(Subject::Service, &snapshot.service, snapshot.status, phase, at);
        for component in &snapshot.components {
            let reason = component.reason.as_str();
            self.notice(Subject::Component, &component.name, component.status, reason, at);
        }
    }

    /// Marks in the hour what was seen since the last mark.
    pub(crate) fn mark(&mut self) {
        for track in &mut self.tracks {
            let worst = std::mem::replace(&mut track.worst, track.now);
            keep(&mut track.hour, POINTS, worst);
        }
    }

    /// Marks a point at which nobody looked.
    pub(crate) fn miss(&mut self) {
        for track in &mut self.tracks {
            keep(&mut track.hour, POINTS, ComponentStatus::Unknown);
        }
    }

    fn notice(
        &mut self,
        of: Subject,
        name: &Arc<str>,
        to: ComponentStatus,
        reason: &'static str,
        at: Instant,
    ) {
        let Some(track) = self.tracks.iter_mut().find(|track| track.of == of && track.name == *name) else {
            let hour = VecDeque::with_capacity(POINTS);
            self.tracks.push(Track { of, name: Arc::clone(name), now: to, worst: to, hour });
            return;
        };
        let from = std::mem::replace(&mut track.now, to);
        if from != to {
            // Before the first result it is unknown, which is no outage.
            let first = track.hour.is_empty() && track.worst == ComponentStatus::Unknown;
            track.worst = if first { to } else { worse(track.worst, to) };
            keep(&mut self.changes, CHANGES, Change { at, name: Arc::clone(name), from, to, reason });
        }
    }
}

fn worse(one: ComponentStatus, other: ComponentStatus) -> ComponentStatus {
    use ComponentStatus::{Degraded, Healthy, Unhealthy, Unknown};
    let by_badness = [Unhealthy, Degraded, Unknown, Healthy];
    by_badness.into_iter().find(|state| [one, other].contains(state)).unwrap_or(other)
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

    fn notice(states: &mut States, name: &Arc<str>, to: ComponentStatus) {
        states.notice(
            Subject::Component,
            name,
            to,
            if to == Healthy { "ok" } else { "timeout" },
            Instant::now(),
        );
    }

    #[test]
    fn an_outage_of_a_second_is_in_the_hour() {
        let (mut states, redis) = (States::default(), Arc::from("redis"));
        notice(&mut states, &redis, Unknown);
        notice(&mut states, &redis, Healthy);
        states.mark();
        notice(&mut states, &redis, Unhealthy);
        notice(&mut states, &redis, Healthy);
        (0..2).for_each(|_| states.mark());
        assert_eq!(states.tracks[0].hour, [Healthy, Unhealthy, Healthy]);
    }

    #[test]
    fn a_component_with_the_name_of_the_service_is_not_the_service() {
        use campotech_health::{Check, Health, check_fn};
        let health =
            Health::builder("a", "1").check(check_fn("a", || async { Ok(()) }).critical()).build().unwrap();
        let mut states = States::default();
        (0..3).for_each(|_| states.look(&health.snapshot(), Instant::now()));
        let tracks: Vec<_> = states.tracks.iter().map(|track| (track.of, &*track.name)).collect();
        assert_eq!(tracks, [(Subject::Service, "a"), (Subject::Component, "a")]);
        assert!(states.changes.is_empty(), "{:?}", states.changes);
    }

    #[test]
    fn changes_are_noticed_once_bounded_and_the_first_state_is_none() {
        let (mut states, redis) = (States::default(), Arc::from("redis"));
        notice(&mut states, &redis, Healthy);
        notice(&mut states, &redis, Healthy);
        assert!(states.changes.is_empty());
        for _ in 0..100 {
            notice(&mut states, &redis, Unhealthy);
            notice(&mut states, &redis, Healthy);
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
            notice(&mut states, &redis, state);
            states.tracks[0].worst = state;
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
