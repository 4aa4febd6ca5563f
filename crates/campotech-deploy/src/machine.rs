//! The states of a delivery, and what comes after what. It knows neither AWS nor time.

use std::fmt;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is known who is live; nothing was changed.
    Start,
    /// There is a revision with the image.
    Registered,
    /// The new colour was told to run it; the test listener leads there.
    GreenStarted,
    /// All of its targets are healthy.
    GreenHealthy,
    /// It answers as it should.
    Smoked,
    /// It has this share of the requests.
    Shifted(u8),
    /// It had all of them for a while, its alarms were quiet, and clients are answered as they should be.
    Baked,
    /// The old colour was let go.
    Kept,
    /// Something is wrong: back to the old colour.
    Restoring,
    /// The old colour has all requests again.
    Restored,
    /// It could not be brought back.
    Lost,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Register,
    StartGreen,
    AwaitHealthy,
    Smoke,
    AwaitQuiet,
    Shift(u8),
    Pause,
    Bake,
    /// By the production listener.
    AskAsClients,
    /// The test listener to the old colour.
    Release,
    /// Once it is begun the delivery is decided.
    StopOld,
    Restore,
    End(Ending),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Kept,
    /// Delivered, and the old colour could not be stopped.
    KeptUntidy,
    Restored,
    Lost,
}

/// A delivery under way.
#[derive(Debug)]
pub(crate) struct Machine {
    shares: Vec<u8>,
    state: State,
    /// What this state waits for before the next one is over.
    waited: bool,
    untidy: bool,
}

impl Machine {
    /// Through these shares, of which the last is everything.
    pub(crate) fn new(shares: &[u8]) -> Self {
        Self { shares: shares.to_vec(), state: State::Start, waited: false, untidy: false }
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    pub(crate) fn next(&self) -> Step {
        match (self.state, self.waited) {
            (State::Start, _) => Step::Register,
            (State::Registered, _) => Step::StartGreen,
            (State::GreenStarted, _) => Step::AwaitHealthy,
            (State::GreenHealthy, _) => Step::Smoke,
            (State::Smoked, false) => Step::AwaitQuiet,
            (State::Smoked, true) => Step::Shift(self.share_above(0)),
            (State::Shifted(100), false) => Step::Bake,
            (State::Shifted(100), true) => Step::AskAsClients,
            (State::Shifted(_), false) => Step::Pause,
            (State::Shifted(share), true) => Step::Shift(self.share_above(share)),
            (State::Baked, false) => Step::Release,
            (State::Baked, true) => Step::StopOld,
            (State::Restoring, _) => Step::Restore,
            (State::Kept, _) if self.untidy => Step::End(Ending::KeptUntidy),
            (State::Kept, _) => Step::End(Ending::Kept),
            (State::Restored, _) => Step::End(Ending::Restored),
            (State::Lost, _) => Step::End(Ending::Lost),
        }
    }

    /// The step worked.
    pub(crate) fn done(&mut self) {
        match self.next() {
            Step::Register => self.enter(State::Registered),
            Step::StartGreen => self.enter(State::GreenStarted),
            Step::AwaitHealthy => self.enter(State::GreenHealthy),
            Step::Smoke => self.enter(State::Smoked),
            Step::Shift(share) => self.enter(State::Shifted(share)),
            Step::AskAsClients => self.enter(State::Baked),
            Step::AwaitQuiet | Step::Pause | Step::Bake | Step::Release => self.waited = true,
            Step::StopOld => self.enter(State::Kept),
            Step::Restore => self.enter(State::Restored),
            Step::End(_) => {}
        }
    }

    /// The step did not work, for whatever reason.
    pub(crate) fn failed(&mut self) {
        match self.next() {
            Step::Restore => self.enter(State::Lost),
            // The old colour may already be on its way out: going back to it would be the greater harm.
            Step::StopOld => {
                self.untidy = true;
                self.enter(State::Kept);
            }
            Step::End(_) => {}
            _ => self.enter(State::Restoring),
        }
    }

    /// Somebody asked to stop before the step was begun.
    pub(crate) fn stopped(&mut self) {
        if !self.next().is_due() {
            self.enter(State::Restoring);
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.waited = false;
    }

    fn share_above(&self, share: u8) -> u8 {
        self.shares.iter().copied().find(|&next| next > share).unwrap_or(100)
    }
}

impl Step {
    /// Whether it only looks and waits, so that it can be left at any moment.
    pub(crate) const fn only_waits(self) -> bool {
        matches!(
            self,
            Self::AwaitHealthy
                | Self::Smoke
                | Self::AwaitQuiet
                | Self::Pause
                | Self::Bake
                | Self::AskAsClients
        )
    }

    /// Whether it is done even when somebody asks to stop.
    pub(crate) const fn is_due(self) -> bool {
        matches!(self, Self::Restore | Self::End(_))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As one word, so that it can be aligned.
        let name = match self {
            Self::Shifted(share) => return f.pad(&format!("Shifted({share})")),
            Self::Start => "Start",
            Self::Registered => "Registered",
            Self::GreenStarted => "GreenStarted",
            Self::GreenHealthy => "GreenHealthy",
            Self::Smoked => "Smoked",
            Self::Baked => "Baked",
            Self::Kept => "Kept",
            Self::Restoring => "Restoring",
            Self::Restored => "Restored",
            Self::Lost => "Lost",
        };
        f.pad(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All states of a run in which the step of number `fails` does not work.
    fn walk(shares: &[u8], fails: Option<usize>) -> (Vec<State>, Vec<Step>, Ending) {
        let (mut machine, mut states, mut steps) = (Machine::new(shares), vec![State::Start], Vec::new());
        loop {
            let step = machine.next();
            if let Step::End(ending) = step {
                return (states, steps, ending);
            }
            let act = if Some(steps.len()) == fails { Machine::failed } else { Machine::done };
            act(&mut machine);
            steps.push(step);
            if states.last() != Some(&machine.state()) {
                states.push(machine.state());
            }
        }
    }

    #[test]
    fn all_well_goes_through_every_state() {
        let (states, _, ending) = walk(&[10, 50, 100], None);
        let told: Vec<_> = states.iter().map(ToString::to_string).collect();
        let wanted = [
            "Start",
            "Registered",
            "GreenStarted",
            "GreenHealthy",
            "Smoked",
            "Shifted(10)",
            "Shifted(50)",
            "Shifted(100)",
            "Baked",
            "Kept",
        ];
        assert_eq!((told, ending), (wanted.map(str::to_owned).to_vec(), Ending::Kept));
    }

    #[test]
    fn whatever_fails_before_the_decision_is_restored() {
        let (_, steps, _) = walk(&[10, 50, 100], None);
        for (number, step) in steps.iter().enumerate() {
            let (states, _, ending) = walk(&[10, 50, 100], Some(number));
            let wanted = if *step == Step::StopOld { Ending::KeptUntidy } else { Ending::Restored };
            assert_eq!(ending, wanted, "{step:?}");
            assert_eq!(states.contains(&State::Restoring), *step != Step::StopOld, "{step:?}");
        }
    }

    #[test]
    fn who_asks_to_stop_before_a_step_is_heard_until_the_old_colour_is_being_stopped() {
        let mut machine = Machine::new(&[100]);
        while machine.next() != Step::StopOld {
            machine.done();
        }
        machine.stopped();
        assert_eq!(machine.state(), State::Restoring);
        machine.stopped();
        machine.done();
        machine.stopped();
        assert_eq!(machine.next(), Step::End(Ending::Restored));
    }

    #[test]
    fn what_can_not_be_restored_is_lost() {
        let mut machine = Machine::new(&[100]);
        machine.failed();
        machine.failed();
        assert_eq!(machine.next(), Step::End(Ending::Lost));
        machine.failed();
        machine.done();
        assert_eq!(machine.next(), Step::End(Ending::Lost), "an end is an end");
    }

    #[test]
    fn nothing_is_shifted_before_alarms_were_looked_at_and_a_pause_was_made() {
        let (_, steps, _) = walk(&[10, 100], None);
        let at = |step| steps.iter().position(|&found| found == step).unwrap();
        assert!(at(Step::AwaitQuiet) < at(Step::Shift(10)) && at(Step::Smoke) < at(Step::Shift(10)));
        assert!(at(Step::Pause) < at(Step::Shift(100)) && at(Step::Bake) < at(Step::AskAsClients));
        assert!(at(Step::AskAsClients) < at(Step::StopOld));
    }
}
