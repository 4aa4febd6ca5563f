//! Steps with a name, a time and a count; the table and the closing line.

use crate::counts::Tally;
use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What a step came to: its tests, or why they could not be counted.
pub(crate) type StepResult = Result<Tally, Stop>;

/// Why a step has no count.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed as a whole, and counts as one failed test.
    Failed(String),
    /// Something outside this machine was away: said aloud, counted neither way.
    NotChecked(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Failed(why) | Self::NotChecked(why)) = self;
        f.write_str(why)
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Runs steps one after the other and remembers what became of each.
#[derive(Default)]
pub(crate) struct Runner {
    done: Vec<Finished>,
}

struct Finished {
    name: &'static str,
    took: Duration,
    end: End,
}

enum End {
    Counted(Tally),
    Stopped(Stop),
    NotRun(&'static str),
}

impl Runner {
    /// Runs one step and says whether it passed; a failure never stops the ones after it.
    pub(crate) fn step(&mut self, name: &'static str, step: impl FnOnce() -> StepResult) -> bool {
        println!("\n==> {name}");
        let begun = Instant::now();
        let end = step().map_or_else(End::Stopped, End::Counted);
        if let End::Stopped(Stop::Failed(why) | Stop::NotChecked(why)) = &end {
            println!("{why}");
        }
        let finished = Finished { name, took: begun.elapsed(), end };
        let passed = finished.passed();
        let word = if passed { "done" } else { "FAILED" };
        println!("<== {name}: {word} in {}", seconds(finished.took));
        self.done.push(finished);
        passed
    }

    /// Notes steps that would say nothing new.
    pub(crate) fn not_run(&mut self, names: &[&'static str], why: &'static str) {
        let skipped = |&name| Finished { name, took: Duration::ZERO, end: End::NotRun(why) };
        self.done.extend(names.iter().map(skipped));
    }

    /// Prints the summary; the closing line stands alone and last.
    pub(crate) fn finish(self) -> ExitCode {
        let total = self.total();
        println!("\n{}", self.summary());
        println!("{} passed, {} failed", total.passed(), total.failed());
        if total.failed() == 0 && self.done.iter().all(Finished::passed) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for finished in &self.done {
            match &finished.end {
                End::Counted(tally) => total.merge(tally),
                End::Stopped(Stop::Failed(_)) => total.merge(&Tally::one_failed()),
                End::Stopped(Stop::NotChecked(_)) | End::NotRun(_) => {}
            }
        }
        total
    }

    fn summary(&self) -> String {
        let mut text = "steps\n".to_owned();
        let mut time = Duration::ZERO;
        for finished in &self.done {
            time += finished.took;
            text += &format!("  {:<14} {:>9}  {}\n", finished.name, seconds(finished.took), finished.what());
        }
        text += &format!("  {:<14} {:>9}\n", "all", seconds(time));
        text + &self.total().table()
    }
}

impl Finished {
    fn passed(&self) -> bool {
        match &self.end {
            End::Counted(tally) => tally.failed() == 0,
            End::Stopped(stop) => matches!(stop, Stop::NotChecked(_)),
            End::NotRun(_) => false,
        }
    }

    /// The end in a few words on one line.
    fn what(&self) -> String {
        let first = |why: &str| why.lines().next().unwrap_or_default().to_owned();
        match &self.end {
            End::Counted(tally) if tally.failed() > 0 => format!("FAILED, {}", tally.failed()),
            End::Counted(tally) if tally.passed() > 1 => format!("ok, {}", tally.passed()),
            End::Counted(_) => "ok".to_owned(),
            End::Stopped(Stop::Failed(why)) => format!("FAILED: {}", first(why)),
            End::Stopped(Stop::NotChecked(why)) => format!("NOT CHECKED: {}", first(why)),
            End::NotRun(why) => format!("not run: {why}"),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_enough_and_later_steps_still_run() {
        let mut run = Runner::default();
        assert!(run.step("good", || Ok(Tally::one())));
        assert!(!run.step("bad", || Err("no such thing\nmore".to_owned().into())));
        assert!(run.step("after", || Ok(Tally::one())));
        let total = run.total();
        assert_eq!((total.passed(), total.failed()), (2, 1));
        assert!(run.summary().contains("FAILED: no such thing\n"));
        assert_eq!(format!("{:?}", run.finish()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn what_was_not_run_can_not_pass() {
        let mut run = Runner::default();
        run.step("good", || Ok(Tally::one()));
        run.not_run(&["tests"], "the build failed");
        assert!(run.summary().contains("not run: the build failed"));
        assert_eq!(format!("{:?}", run.finish()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn what_could_not_be_checked_is_said_and_counts_neither_way() {
        let mut run = Runner::default();
        assert!(run.step("away", || Err(Stop::NotChecked("nobody answers".to_owned()))));
        assert!(run.summary().contains("NOT CHECKED: nobody answers\n"));
        assert_eq!((run.total().passed(), run.total().failed()), (0, 0));
    }

    #[test]
    fn all_good_is_success() {
        let mut run = Runner::default();
        run.step("good", || Ok(Tally::one()));
        assert_eq!(format!("{:?}", run.finish()), format!("{:?}", ExitCode::SUCCESS));
    }
}
