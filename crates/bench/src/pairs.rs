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

/// Runs the two in turns. `floor`, if there is one, is what both have under them; its time is taken from both in every round.
pub fn measured(ours: &mut Subject, peer: &mut Subject, mut floor: Option<Subject>) -> Pair {
    let counts = [calls(ours), calls(peer), floor.as_mut().map_or(0, calls)];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let floor = floor.as_mut().map_or(0.0, |floor| timed(floor, counts[2]));
        let (ours, peer) = (timed(ours, counts[0]) - floor, timed(peer, counts[1]) - floor);
        rounds[0].push(ours);
        rounds[1].push(peer);
        rounds[2].push(ours / peer);
    }
    let [ours, peer, ratio] = rounds.map(median);
    Pair { ours, peer, ratio }
}

/// How many requests fill a turn.
fn calls(subject: &mut Subject) -> u64 {
    let mut calls = 1;
    loop {
        let took = timed(subject, calls) * calls as f64;
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

/// # Panics
/// There is none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(n: u64) -> Subject {
        Box::new(move |calls| {
            for call in 0..calls * n {
                std::hint::black_box(call);
            }
        })
    }

    #[test]
    fn a_ratio_is_of_what_is_over_the_floor() {
        let pair = measured(&mut turns(2_000), &mut turns(3_000), Some(turns(1_000)));
        assert!((0.3..0.8).contains(&pair.ratio), "{pair:?}");
    }
}
