//! Times of two subjects in turns, so that a machine that changes its speed changes it for both.

use std::time::{Duration, Instant};

use crate::Subject;

/// How often the two take turns.
const ROUNDS: usize = 9;

/// How long a subject runs in one round.
const TURN: Duration = Duration::from_millis(60);

/// What came of it: the median of each, in nanoseconds a request, and the median of the rounds' ratios.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub ours: f64,
    pub peer: f64,
    pub ratio: f64,
}

/// Nanoseconds a request, of so many.
pub type Clock<'a> = dyn FnMut(u64) -> f64 + 'a;

/// Runs the two in turns. `floor`, if there is one, is what both have under them; its time is taken from both in every round.
pub fn measured(ours: &mut Subject, peer: &mut Subject, floor: Option<Subject>) -> Pair {
    let mut floor = floor.map(|mut floor| move |calls| timed(&mut floor, calls));
    let floor = floor.as_mut().map(|floor| floor as &mut Clock<'_>);
    turns(&mut |calls| timed(ours, calls), &mut |calls| timed(peer, calls), floor)
}

/// As [`measured`], beside one that says itself how long it took.
pub fn beside(ours: &mut Subject, peer: &mut Clock<'_>) -> Pair {
    turns(&mut |calls| timed(ours, calls), peer, None)
}

fn turns(ours: &mut Clock<'_>, peer: &mut Clock<'_>, mut floor: Option<&mut Clock<'_>>) -> Pair {
    let counts = [calls(ours), calls(peer), floor.as_mut().map_or(0, |floor| calls(*floor))];
    let round = |_| {
        let floor = floor.as_mut().map_or(0.0, |floor| floor(counts[2]));
        [ours(counts[0]), peer(counts[1]), floor]
    };
    of((0..ROUNDS).map(round).collect())
}

/// The medians of rounds of ours, the peer's and the floor's times.
fn of(rounds: Vec<[f64; 3]>) -> Pair {
    let over = rounds.iter().map(|[ours, peer, floor]| (ours - floor, peer - floor));
    let (ours, peer) = over.clone().unzip();
    let ratios = over.map(|(ours, peer)| ours / peer).collect();
    Pair { ours: median(ours), peer: median(peer), ratio: median(ratios) }
}

/// How many requests fill a turn.
fn calls(clock: &mut Clock<'_>) -> u64 {
    let mut calls = 1;
    loop {
        let took = clock(calls) * calls as f64;
        if took > 4e6 {
            return (calls as f64 * TURN.as_nanos() as f64 / took).max(1.0) as u64;
        }
        calls *= 2;
    }
}

/// Nanoseconds a request.
fn timed(subject: &mut Subject, calls: u64) -> f64 {
    let start = Instant::now();
    subject(calls);
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// The value in the middle.
///
/// # Panics
/// There is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_what_is_over_the_floor_in_the_same_round() {
        // The machine is half as fast in the second round, and stops in the third.
        let Pair { ours, peer, ratio } = of(vec![[2.0, 3.0, 1.0], [4.0, 6.0, 2.0], [90.0, 6.0, 2.0]]);
        assert_eq!((ours, peer, ratio), (2.0, 4.0, 0.5));
    }

    #[test]
    fn a_subject_is_called_as_often_as_fills_a_turn() {
        let mut subject: Subject = Box::new(|_| std::thread::sleep(Duration::from_millis(5)));
        assert!(calls(&mut |calls| timed(&mut subject, calls)) >= 1);
    }
}
